-- Grain: one row per table or view, those of files included.
SELECT table_name
FROM information_schema.tables
ORDER BY table_name
