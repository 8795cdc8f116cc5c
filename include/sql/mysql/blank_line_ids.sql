-- Grain: one row per line of any month that has no id. Run only where the database itself keeps the other ids unique.
SELECT
    CAST(line_id AS BINARY) AS line_id,
    CAST(account_id AS BINARY) AS account_id
FROM program_mrr_line
WHERE line_id IS NULL OR line_id IN ('', ' ', '  ')
