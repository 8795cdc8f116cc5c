-- Grain: one row per line that overlaps the month and has no id, or an id that another line has too.
-- Binds: first_day, next_first_day. Not run where the database itself keeps line_id unique.
SELECT
    line_id,
    account_id
FROM program_mrr_line
WHERE
    service_end > :first_day
    AND service_start < :next_first_day
    AND (
        line_id IS NULL
        OR TRIM(line_id) = ''
        OR COALESCE(line_id, NULL) IN (
            SELECT COALESCE(again.line_id, NULL) AS line_id
            FROM program_mrr_line AS again
            WHERE
                again.service_end > :first_day -- noqa: RF02, it is a bind
                AND again.service_start < :next_first_day -- noqa: RF02, it is a bind
            GROUP BY COALESCE(again.line_id, NULL)
            HAVING COUNT(*) > 1
        )
    )
