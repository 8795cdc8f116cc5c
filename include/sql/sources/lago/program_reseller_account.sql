-- Contract 1 from Lago (PostgreSQL).
-- Grain: one row per customer with the metadata reseller, of any billing entity.
SELECT
    CAST(customer.id AS TEXT) AS account_id,
    CAST(COALESCE(customer.legal_name, customer.name) AS TEXT) AS company_name,
    CAST(NULLIF(customer.tax_identification_number, '') AS TEXT) AS vat_id,
    CASE
        WHEN POSITION('@' IN customer.email) > 0
            THEN SUBSTRING(customer.email FROM POSITION('@' IN customer.email) + 1)
    END AS email_domain
FROM customers AS customer
WHERE
    customer.deleted_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM customer_metadata AS mark
        WHERE
            mark.customer_id = customer.id
            AND LOWER(mark.key) = 'reseller'
            AND LOWER(mark.value) NOT IN ('', 'false', 'no', '0')
    )
