-- Grain: one row per account that the entity has marked as a reseller's, with what it knows of the company.
SELECT
    CAST(account_id AS BINARY) AS account_id,
    CAST(company_name AS BINARY) AS company_name,
    CAST(vat_id AS BINARY) AS vat_id,
    CAST(email_domain AS BINARY) AS email_domain
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
