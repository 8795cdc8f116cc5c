-- Grain: one row per unique key over line_id alone; none for a view or a table without such a key.
-- A prefix of a column is not the column.
SELECT index_name
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = 'program_mrr_line' AND non_unique = 0
GROUP BY index_name
HAVING COUNT(*) = 1 AND MIN(column_name) = 'line_id' AND COUNT(sub_part) = 0
