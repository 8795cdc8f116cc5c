-- Grain: one row per line of any month that has no id. Run only where the database itself keeps the other ids unique.
-- Binds: cut (a longer text is cut there).
SELECT
    LEFT(CAST(line_id AS STRING), :cut) AS line_id,
    LEFT(CAST(account_id AS STRING), :cut) AS account_id
FROM program_mrr_line
WHERE line_id IS NULL OR BTRIM(CAST(line_id AS STRING), ' ') = ''
