-- Grain: one row per account that the entity has marked as a reseller's, with what it knows of the company.
-- Binds: cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(account_id AS STRING), :cut) AS account_id,
    LEFT(CAST(company_name AS STRING), :cut) AS company_name,
    LEFT(CAST(vat_id AS STRING), :cut) AS vat_id,
    LEFT(CAST(email_domain AS STRING), :cut) AS email_domain
FROM program_reseller_account
WHERE account_id IS NOT NULL
ORDER BY 1
