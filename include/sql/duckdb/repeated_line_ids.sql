-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
-- Not run where the database itself keeps line_id unique.
-- Equal ids have equal hashes, which take half as long to compare. The few lines whose hash comes again are then
-- compared by the id itself.
SELECT
    LEFT(CAST(line_id AS VARCHAR), :cut) AS line_id,
    LEFT(CAST(account_id AS VARCHAR), :cut) AS account_id
FROM program_mrr_line
WHERE
    AS_DAY(service_end) > CAST(:first_day AS DATE)
    AND AS_DAY(service_start) < CAST(:next_first_day AS DATE)
    AND (line_id IS NULL OR (CAST(line_id AS VARCHAR) < '!' AND TRIM(CAST(line_id AS VARCHAR), ' ') = ''))
UNION ALL
SELECT
    LEFT(CAST(line_id AS VARCHAR), :cut) AS line_id,
    LEFT(CAST(account_id AS VARCHAR), :cut) AS account_id
FROM program_mrr_line
WHERE
    AS_DAY(service_end) > CAST(:first_day AS DATE)
    AND AS_DAY(service_start) < CAST(:next_first_day AS DATE)
    AND TRIM(CAST(line_id AS VARCHAR), ' ') <> ''
    AND HASH(CAST(line_id AS VARCHAR)) IN (
        SELECT HASH(CAST(again.line_id AS VARCHAR)) AS hashed
        FROM program_mrr_line AS again
        WHERE
            AS_DAY(again.service_end) > CAST(:first_day AS DATE) -- noqa: RF02, it is a bind
            AND AS_DAY(again.service_start) < CAST(:next_first_day AS DATE) -- noqa: RF02, it is a bind
        GROUP BY HASH(CAST(again.line_id AS VARCHAR))
        HAVING COUNT(*) > 1
    )
QUALIFY COUNT(*) OVER (PARTITION BY CAST(line_id AS VARCHAR)) > 1
