-- Contract 1 from ERPNext (MariaDB).
-- Grain: one row per customer of the customer group Reseller, or of a group below it.
SELECT
    customer.name AS account_id,
    customer.customer_name AS company_name,
    NULLIF(customer.tax_id, '') AS vat_id,
    CASE WHEN LOCATE('@', customer.email_id) > 0 THEN SUBSTRING_INDEX(customer.email_id, '@', -1) END AS email_domain
FROM tabCustomer AS customer
INNER JOIN `tabCustomer Group` AS own_group ON customer.customer_group = own_group.name
INNER JOIN `tabCustomer Group` AS flag
    ON own_group.name = flag.name OR (own_group.lft > flag.lft AND own_group.rgt < flag.rgt)
WHERE flag.name = 'Reseller'
