-- Grain: one row if a DuckDB file itself keeps line_id unique; no row for a view, and none for other files.
SELECT 1 AS is_unique
FROM DUCKDB_CONSTRAINTS() AS listed
WHERE
    listed.table_name = 'program_mrr_line'
    AND listed.constraint_type IN ('PRIMARY KEY', 'UNIQUE')
    AND listed.constraint_column_names = ['line_id']
ORDER BY 1
LIMIT 1
