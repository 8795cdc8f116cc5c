-- Contract 1 from WHMCS (MySQL or MariaDB).
-- Grain: one row per client of the client group named Reseller.
SELECT
    CAST(buyer.id AS CHAR) AS account_id,
    COALESCE(NULLIF(buyer.companyname, ''), CONCAT_WS(' ', buyer.firstname, buyer.lastname)) AS company_name,
    NULLIF(buyer.tax_id, '') AS vat_id,
    CASE WHEN LOCATE('@', buyer.email) > 0 THEN SUBSTRING_INDEX(buyer.email, '@', -1) END AS email_domain
FROM tblclients AS buyer
INNER JOIN tblclientgroups AS flag ON buyer.groupid = flag.id
WHERE flag.groupname = 'Reseller'
