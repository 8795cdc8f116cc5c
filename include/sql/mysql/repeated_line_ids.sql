-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day. Not run where the database itself keeps line_id unique.
SELECT
    line_id,
    account_id
FROM (
    SELECT
        CAST(line_id AS BINARY) AS line_id,
        CAST(account_id AS BINARY) AS account_id,
        COUNT(*) OVER (PARTITION BY CAST(line_id AS BINARY)) AS times
    FROM program_mrr_line
    WHERE service_end > :first_day AND service_start < :next_first_day
) AS month_lines
WHERE times > 1 OR line_id IS NULL OR TRIM(line_id) = ''
