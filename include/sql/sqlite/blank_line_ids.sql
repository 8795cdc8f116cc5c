-- Grain: one row per line of any month that has no id. Run only where the database itself keeps the other ids unique.
SELECT
    line_id,
    account_id
FROM program_mrr_line
WHERE
    line_id IS NULL
    OR (line_id BETWEEN '' AND '!' AND TRIM(line_id) = '')
