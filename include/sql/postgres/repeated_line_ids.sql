-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
-- Not run where the database itself keeps line_id unique.
SELECT
    LEFT(line_id, :cut) AS line_id,
    LEFT(account_id, :cut) AS account_id
FROM (
    SELECT -- noqa: ST06, the keys first
        CAST(line_id AS TEXT) COLLATE "C" AS line_id,
        CAST(account_id AS TEXT) AS account_id,
        COUNT(*) OVER (PARTITION BY CAST(line_id AS TEXT) COLLATE "C") AS times
    FROM program_mrr_line
    WHERE service_end > CAST(:first_day AS DATE) AND service_start < CAST(:next_first_day AS DATE)
) AS month_lines
WHERE times > 1 OR line_id IS NULL OR BTRIM(line_id) = ''
