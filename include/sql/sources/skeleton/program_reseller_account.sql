-- Contract 1 from OUR SYSTEM, the same on PostgreSQL, MySQL and MariaDB.
-- Grain: one row per customer with the mark of a reseller.
SELECT
    CONCAT(customer.id, '') AS account_id, -- as in the other query, and as in account_links.csv
    customer.name AS company_name,
    NULLIF(customer.vat_number, '') AS vat_id,
    CASE
        WHEN POSITION('@' IN customer.email) > 0
            THEN SUBSTRING(customer.email FROM POSITION('@' IN customer.email) + 1)
    END AS email_domain
FROM customer
WHERE customer.category = 'reseller' -- FILL IN: the mark
