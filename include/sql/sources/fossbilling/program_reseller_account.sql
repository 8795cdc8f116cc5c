-- Contract 1 from FOSSBilling (MySQL or MariaDB).
-- Grain: one row per client of the group named Reseller.
SELECT
    CAST(buyer.id AS CHAR) AS account_id,
    COALESCE(NULLIF(buyer.company, ''), CONCAT_WS(' ', buyer.first_name, buyer.last_name)) AS company_name,
    NULLIF(buyer.company_vat, '') AS vat_id,
    CASE WHEN LOCATE('@', buyer.email) > 0 THEN SUBSTRING_INDEX(buyer.email, '@', -1) END AS email_domain
FROM client AS buyer
INNER JOIN client_group AS flag ON buyer.client_group_id = flag.id
WHERE flag.title = 'Reseller'
