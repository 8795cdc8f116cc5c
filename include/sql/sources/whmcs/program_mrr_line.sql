-- Contract 1 from WHMCS (MySQL or MariaDB): what was invoiced for services, add-ons and domains, less discounts.
-- Grain: one row per invoice item of a service or of its promotion, and one for the item's share of the group discount.
WITH totals AS (
    -- where the installation's prices include tax, so do the items, and they add up to more than the subtotal
    SELECT
        item.invoiceid,
        SUM(item.amount) - MAX(invoiced.subtotal) AS tax_within,
        SUM(CASE WHEN item.taxed = 1 THEN item.amount ELSE 0 END) AS taxed_amount,
        SUM(CASE WHEN item.type = 'GroupDiscount' THEN item.amount ELSE 0 END) AS group_discount,
        SUM(CASE WHEN item.type IN ('GroupDiscount', 'LateFee') THEN 0 ELSE item.amount END) AS discounted_amount
    FROM tblinvoiceitems AS item
    INNER JOIN tblinvoices AS invoiced ON item.invoiceid = invoiced.id
    GROUP BY item.invoiceid
),

items AS (
    SELECT
        item.id,
        item.invoiceid,
        item.type,
        item.duedate,
        item.taxed,
        item.amount * 100 AS amount_minor,
        CASE
            WHEN item.type IN ('Hosting', 'PromoHosting') THEN 'hosting'
            WHEN item.type = 'Addon' THEN 'addon'
            ELSE 'domain'
        END AS product,
        item.relid,
        COALESCE(hosting.regdate, addon.regdate, registered.registrationdate) AS ordered_on,
        COALESCE(hosting.billingcycle, addon.billingcycle, '') AS billing_cycle,
        CASE COALESCE(hosting.billingcycle, addon.billingcycle)
            WHEN 'Monthly' THEN 1
            WHEN 'Quarterly' THEN 3
            WHEN 'Semi-Annually' THEN 6
            WHEN 'Annually' THEN 12
            WHEN 'Biennially' THEN 24
            WHEN 'Triennially' THEN 36
            ELSE registered.registrationperiod * 12
        END AS months
    FROM tblinvoiceitems AS item
    LEFT JOIN tblhosting AS hosting ON item.type IN ('Hosting', 'PromoHosting') AND item.relid = hosting.id
    LEFT JOIN tblhostingaddons AS addon ON item.type = 'Addon' AND item.relid = addon.id
    LEFT JOIN tbldomains AS registered
        ON item.type IN ('Domain', 'DomainRegister', 'DomainTransfer', 'PromoDomain') AND item.relid = registered.id
    WHERE
        item.type IN (
            'Hosting', 'PromoHosting', 'Addon', 'Domain', 'DomainRegister', 'DomainTransfer', 'PromoDomain'
        )
),

numbers AS (
    SELECT 1 AS part
    UNION ALL
    SELECT 2 AS part
)

SELECT
    CASE numbers.part WHEN 1 THEN CAST(items.id AS CHAR) ELSE CONCAT(items.id, '/group') END AS line_id,
    CAST(buyer.id AS CHAR) AS account_id,
    CONCAT(items.product, ' ', items.relid) AS service_id,
    items.product,
    CASE
        WHEN numbers.part = 1 AND items.type NOT IN ('PromoHosting', 'PromoDomain') AND items.amount_minor >= 0
            THEN 'recurring'
        ELSE 'credit'
    END AS charge_kind,
    items.duedate AS service_start,
    items.duedate + INTERVAL items.months MONTH AS service_end,
    CAST(items.months AS SIGNED) AS term_months,
    -- all multiplications come before the divisions, because a quotient keeps only a few decimals here
    CAST(
        ROUND(
            items.amount_minor
            * CASE
                WHEN items.taxed = 1 AND totals.taxed_amount <> 0 THEN totals.taxed_amount - totals.tax_within ELSE 1
            END
            * CASE numbers.part WHEN 1 THEN 1 ELSE totals.group_discount END
            / CASE WHEN items.taxed = 1 AND totals.taxed_amount <> 0 THEN totals.taxed_amount ELSE 1 END
            / CASE numbers.part WHEN 1 THEN 1 ELSE totals.discounted_amount END
        ) AS SIGNED
    ) AS net_amount_minor,
    money.code AS currency,
    CASE
        WHEN invoiced.status = 'Draft' THEN 'draft'
        WHEN invoiced.status IN ('Cancelled', 'Refunded') THEN 'void'
        WHEN invoiced.status IN ('Unpaid', 'Paid', 'Payment Pending', 'Collections') THEN 'posted'
        ELSE invoiced.status
    END AS document_status,
    invoiced.date AS posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    items.ordered_on
FROM items
INNER JOIN tblinvoices AS invoiced ON items.invoiceid = invoiced.id
INNER JOIN tblclients AS buyer ON invoiced.userid = buyer.id
INNER JOIN tblclientgroups AS flag ON buyer.groupid = flag.id AND flag.groupname = 'Reseller'
LEFT JOIN tblcurrencies AS money ON buyer.currency = money.id
INNER JOIN totals ON items.invoiceid = totals.invoiceid
INNER JOIN numbers
    ON numbers.part = 1 OR (totals.group_discount <> 0 AND totals.discounted_amount <> 0)
WHERE items.billing_cycle NOT IN ('One Time', 'Free Account', 'Free')
