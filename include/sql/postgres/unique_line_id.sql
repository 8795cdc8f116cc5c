-- Grain: one row if the database itself keeps line_id unique; no row for a view or for a table without such a key.
SELECT 1 AS is_unique
FROM pg_catalog.pg_index AS listed
INNER JOIN pg_catalog.pg_attribute AS part
    ON listed.indrelid = part.attrelid AND part.attnum = listed.indkey[0]
WHERE
    listed.indrelid = TO_REGCLASS('program_mrr_line')
    AND listed.indisunique
    AND listed.indisvalid
    AND listed.indpred IS NULL
    AND listed.indnkeyatts = 1
    AND part.attname = 'line_id'
ORDER BY 1
LIMIT 1
