-- Grain: one row per unique key over line_id alone; no row for a view or for a table without such a key.
-- A key over only the first characters of line_id (sub_part) does not count.
SELECT index_name
FROM information_schema.statistics
WHERE table_schema = DATABASE() AND table_name = 'program_mrr_line' AND non_unique = 0
GROUP BY index_name
HAVING COUNT(*) = 1 AND MIN(column_name) = 'line_id' AND COUNT(sub_part) = 0
