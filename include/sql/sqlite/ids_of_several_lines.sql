-- Grain: one row per id that more than one line has, whatever the months, with how many have it.
SELECT
    COALESCE(line_id, NULL) AS line_id,
    COUNT(*) AS line_count
FROM program_mrr_line
GROUP BY COALESCE(line_id, NULL)
HAVING COUNT(*) > 1
ORDER BY COALESCE(line_id, NULL)
