-- Grain: one row per account that the entity has marked as a reseller's, with what it knows of the company.
SELECT -- noqa: ST06, in the order of the fields
    CAST(account_id AS TEXT) COLLATE "C" AS account_id,
    CAST(company_name AS TEXT) AS company_name,
    CAST(vat_id AS TEXT) AS vat_id,
    CAST(email_domain AS TEXT) AS email_domain
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
