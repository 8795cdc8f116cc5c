-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
-- Not run where the database itself keeps line_id unique.
SELECT
    LEFT(line_id, :cut) AS line_id,
    LEFT(account_id, :cut) AS account_id
FROM (
    SELECT
        CAST(line_id AS BINARY) AS line_id,
        CAST(account_id AS BINARY) AS account_id,
        COUNT(*) OVER (PARTITION BY CAST(line_id AS BINARY)) AS times
    FROM program_mrr_line
    WHERE service_end > :first_day AND service_start < :next_first_day
) AS month_lines
WHERE times > 1 OR line_id IS NULL OR TRIM(line_id) = ''
