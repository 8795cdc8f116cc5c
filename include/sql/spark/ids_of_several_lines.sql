-- Grain: one row per id that more than one line has, whatever the months, with how many have it.
-- Binds: cut (a longer text is cut there).
SELECT -- noqa: ST06, the id first
    LEFT(line_id, :cut) AS line_id,
    line_count
FROM (
    SELECT
        CAST(line_id AS STRING) AS line_id,
        COUNT(*) AS line_count
    FROM program_mrr_line
    GROUP BY CAST(line_id AS STRING)
    HAVING COUNT(*) > 1
) AS several
ORDER BY line_id
