-- Grain: one row per account that the entity has marked as a reseller's, with what it knows of the company.
SELECT
    COALESCE(account_id, NULL) AS account_id,
    COALESCE(company_name, NULL) AS company_name,
    COALESCE(vat_id, NULL) AS vat_id,
    COALESCE(email_domain, NULL) AS email_domain
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
