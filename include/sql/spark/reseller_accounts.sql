-- Grain: one row per account that the entity has marked as a reseller's.
-- Binds: cut (a longer text is cut there).
SELECT DISTINCT LEFT(CAST(account_id AS STRING), :cut) AS account_id
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
