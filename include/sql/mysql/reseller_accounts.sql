-- Grain: one row per account that the entity has marked as a reseller's.
SELECT DISTINCT CAST(account_id AS BINARY) AS account_id
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
