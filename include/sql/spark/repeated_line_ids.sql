-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
-- Not run where the database itself keeps line_id unique.
SELECT
    LEFT(CAST(line_id AS STRING), :cut) AS line_id,
    LEFT(CAST(account_id AS STRING), :cut) AS account_id
FROM program_mrr_line
WHERE
    service_end > CAST(:first_day AS DATE)
    AND service_start < CAST(:next_first_day AS DATE)
    AND (
        line_id IS NULL
        OR BTRIM(CAST(line_id AS STRING), ' ') = ''
        OR CAST(line_id AS STRING) IN (
            SELECT CAST(again.line_id AS STRING) AS line_id
            FROM program_mrr_line AS again
            WHERE
                again.service_end > CAST(:first_day AS DATE) -- noqa: RF02, it is a bind
                AND again.service_start < CAST(:next_first_day AS DATE) -- noqa: RF02, it is a bind
            GROUP BY CAST(again.line_id AS STRING)
            HAVING COUNT(*) > 1
        )
    )
