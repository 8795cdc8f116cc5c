-- Contract 1 from Kill Bill, the same on PostgreSQL, MySQL and MariaDB.
-- Grain: one row per account with the tag reseller, and one per child account of such an account.
WITH flagged AS (
    SELECT tag.object_id AS account_id
    FROM tags AS tag
    INNER JOIN tag_definitions AS flag ON tag.tag_definition_id = flag.id
    WHERE tag.object_type = 'ACCOUNT' AND tag.is_active AND flag.is_active AND LOWER(flag.name) = 'reseller'
)

SELECT
    customer.id AS account_id,
    COALESCE(customer.company_name, customer.name) AS company_name,
    CAST(NULL AS CHAR(20)) AS vat_id,
    CASE
        WHEN POSITION('@' IN customer.email) > 0
            THEN SUBSTRING(customer.email FROM POSITION('@' IN customer.email) + 1)
    END AS email_domain
FROM accounts AS customer
WHERE
    customer.tenant_record_id = 1 -- one tenant is one legal entity, see README
    AND (
        customer.id IN (SELECT flagged.account_id FROM flagged)
        OR customer.parent_account_id IN (SELECT flagged.account_id FROM flagged)
    )
