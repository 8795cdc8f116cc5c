-- Contract 1 from Stripe, as the Stripe Sync Engine keeps it in PostgreSQL.
-- Grain: one row per customer with the metadata reseller.
SELECT
    customers.id AS account_id,
    COALESCE(customers.name, customers.description) AS company_name,
    CAST(NULL AS TEXT) AS vat_id,
    CASE
        WHEN POSITION('@' IN customers.email) > 0
            THEN SUBSTRING(customers.email FROM POSITION('@' IN customers.email) + 1)
    END AS email_domain
FROM customers
WHERE
    NOT customers.deleted
    AND LOWER(customers.metadata ->> 'reseller') NOT IN ('', 'false', 'no', '0')
