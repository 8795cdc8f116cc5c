-- Contract 1 from Odoo (PostgreSQL).
-- Grain: one row per company or person with the contact tag Reseller. Their contacts give no row.
SELECT
    CAST(partner.id AS VARCHAR(20)) AS account_id,
    partner.name AS company_name,
    NULLIF(partner.vat, '') AS vat_id,
    CASE
        WHEN POSITION('@' IN partner.email) > 0
            THEN SUBSTRING(partner.email FROM POSITION('@' IN partner.email) + 1)
    END AS email_domain
FROM res_partner AS partner
WHERE
    partner.id = partner.commercial_partner_id
    AND EXISTS (
        SELECT 1
        FROM res_partner_res_partner_category_rel AS tagged
        INNER JOIN res_partner_category AS flag ON tagged.category_id = flag.id
        WHERE tagged.partner_id = partner.id AND flag.name ->> 'en_US' = 'Reseller'
    )
