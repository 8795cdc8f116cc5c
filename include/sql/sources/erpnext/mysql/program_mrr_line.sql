-- Contract 1 from ERPNext (MariaDB): items of sales invoices with a service period, returns of them, and one-off items.
-- Grain: one row per invoice item. `sold` is the item that a return or a rate adjustment (debit note) corrects.
WITH entity AS (
    -- one company is one legal entity, see README
    SELECT company.name
    FROM tabCompany AS company
    ORDER BY company.creation, company.name
    LIMIT 1
),

flagged AS (
    SELECT customer.name
    FROM tabCustomer AS customer
    INNER JOIN `tabCustomer Group` AS own_group ON customer.customer_group = own_group.name
    INNER JOIN `tabCustomer Group` AS flag
        ON own_group.name = flag.name OR (own_group.lft > flag.lft AND own_group.rgt < flag.rgt)
    WHERE flag.name = 'Reseller'
),

items AS (
    SELECT
        item.name AS line_id,
        invoice.customer AS account_id,
        NULLIF(item.sales_order, '') AS service_id,
        COALESCE(NULLIF(item.item_group, ''), item.item_code) AS product,
        item.net_amount,
        invoice.currency,
        invoice.docstatus,
        invoice.posting_date,
        sold.net_amount AS sold_amount,
        sold.service_stop_date AS stopped_on,
        sold.name IS NOT NULL AS is_correction,
        -- dates of its own within those of the corrected item were typed others ERPNext fills in from the posting date
        COALESCE(
            item.service_start_date >= sold.service_start_date AND item.service_end_date <= sold.service_end_date,
            sold.service_start_date IS NULL OR sold.service_end_date IS NULL
        ) AS has_own_dates,
        item.service_start_date AS own_start,
        item.service_end_date AS own_end,
        COALESCE(sold.service_start_date, original.from_date) AS sold_start,
        COALESCE(sold.service_end_date, original.to_date) AS sold_end,
        COALESCE(invoice.from_date, original.from_date) AS document_start,
        COALESCE(invoice.to_date, original.to_date) AS document_end,
        (
            item.enable_deferred_revenue = 1
            OR COALESCE(invoice.auto_repeat, original.auto_repeat, '') <> ''
        ) AS recurs,
        -- the entity says of an item by its group that it is no service
        item.item_group IN ('Setup', 'One-off')
        AND item.service_start_date IS NULL AND item.service_end_date IS NULL AS is_once,
        -- the same item on another of the customer's invoices within 45 days
        item.net_amount > 0 AND invoice.is_return = 0 AND EXISTS (
            SELECT 1
            FROM `tabSales Invoice Item` AS again
            INNER JOIN `tabSales Invoice` AS other ON again.parent = other.name
            WHERE
                again.item_code <=> item.item_code
                AND (item.item_code IS NOT NULL OR again.item_name = item.item_name)
                AND again.net_amount > 0
                AND other.customer = invoice.customer
                AND other.name <> invoice.name
                AND other.docstatus = 1
                AND other.is_return = 0
                AND ABS(DATEDIFF(other.posting_date, invoice.posting_date)) <= 45
        ) AS may_recur
    FROM `tabSales Invoice Item` AS item
    INNER JOIN `tabSales Invoice` AS invoice ON item.parent = invoice.name
    INNER JOIN entity ON invoice.company = entity.name
    INNER JOIN flagged ON invoice.customer = flagged.name
    LEFT JOIN `tabSales Invoice Item` AS sold
        ON item.sales_invoice_item = sold.name AND (invoice.is_return = 1 OR invoice.is_debit_note = 1)
    LEFT JOIN `tabSales Invoice` AS original
        ON
            COALESCE(sold.parent, invoice.return_against) = original.name
            AND (invoice.is_return = 1 OR invoice.is_debit_note = 1)
),

told AS (
    SELECT
        *,
        CASE
            WHEN is_correction AND NOT has_own_dates THEN sold_start
            WHEN own_start IS NULL AND own_end IS NULL THEN document_start
            ELSE own_start
        END AS first_day,
        CASE
            WHEN is_correction AND NOT has_own_dates THEN sold_end
            WHEN own_start IS NULL AND own_end IS NULL THEN document_end
            ELSE own_end
        END AS last_day,
        CASE
            WHEN is_correction AND NOT has_own_dates AND stopped_on >= sold_start AND stopped_on < sold_end
                THEN stopped_on + INTERVAL 1 DAY
        END AS back_from
    FROM items
),

periods AS (
    -- The last day is part of the period, but for one that ERPNext fills in: 1 June and a month are 1 July.
    SELECT
        *,
        COALESCE(back_from, first_day) AS starts_on,
        CASE
            WHEN
                last_day > first_day
                AND first_day + INTERVAL (
                    (EXTRACT(YEAR FROM last_day) - EXTRACT(YEAR FROM first_day)) * 12
                    + EXTRACT(MONTH FROM last_day) - EXTRACT(MONTH FROM first_day)
                ) MONTH = last_day
                THEN last_day
            ELSE last_day + INTERVAL 1 DAY
        END AS ends_on,
        CASE
            WHEN
                sold_end > sold_start
                AND sold_start + INTERVAL (
                    (EXTRACT(YEAR FROM sold_end) - EXTRACT(YEAR FROM sold_start)) * 12
                    + EXTRACT(MONTH FROM sold_end) - EXTRACT(MONTH FROM sold_start)
                ) MONTH = sold_end
                THEN sold_end
            ELSE sold_end + INTERVAL 1 DAY
        END AS sold_until
    FROM told
),

months AS (
    SELECT
        *,
        (EXTRACT(YEAR FROM ends_on) - EXTRACT(YEAR FROM starts_on)) * 12
        + EXTRACT(MONTH FROM ends_on) - EXTRACT(MONTH FROM starts_on) AS own_months,
        (EXTRACT(YEAR FROM sold_until) - EXTRACT(YEAR FROM sold_start)) * 12
        + EXTRACT(MONTH FROM sold_until) - EXTRACT(MONTH FROM sold_start) AS sold_months
    FROM periods
),

terms AS (
    -- whole months end on the day of the month on which they start, or on a shorter month's last day
    SELECT
        *,
        CASE
            WHEN
                own_months > 0
                AND (
                    starts_on + INTERVAL own_months MONTH = ends_on
                    OR (starts_on = LAST_DAY(starts_on) AND ends_on = LAST_DAY(ends_on))
                )
                THEN own_months
        END AS whole_months,
        -- a part of whole months, given back at the price of its days
        CASE
            WHEN
                is_correction
                AND (starts_on > sold_start OR ends_on < sold_until)
                AND sold_months > 0
                AND sold_start + INTERVAL sold_months MONTH = sold_until
                AND ABS(
                    ABS(net_amount)
                    - ABS(sold_amount) * DATEDIFF(ends_on, starts_on) / DATEDIFF(sold_until, sold_start)
                ) <= 0.01
                THEN sold_months
        END AS piece_months,
        (recurs OR first_day IS NOT NULL OR last_day IS NOT NULL) AND NOT is_once AS has_period
    FROM months
)

SELECT
    line_id,
    account_id,
    service_id,
    product,
    CASE
        WHEN is_once THEN CASE product WHEN 'Setup' THEN 'setup' ELSE 'one_off' END
        WHEN NOT has_period THEN CASE WHEN may_recur THEN 'undated' ELSE 'one_off' END
        WHEN net_amount < 0 THEN 'credit'
        ELSE 'recurring'
    END AS charge_kind,
    -- what recurs without any date is a fault of its line from its posting on, as its end is missing
    CASE WHEN NOT has_period OR (first_day IS NULL AND last_day IS NULL) THEN posting_date ELSE starts_on END
        AS service_start,
    CASE WHEN has_period THEN ends_on ELSE posting_date + INTERVAL 1 DAY END AS service_end,
    CAST(COALESCE(piece_months, whole_months) AS SIGNED) AS term_months,
    CAST(
        CASE WHEN piece_months IS NOT NULL THEN ROUND(100 * SIGN(net_amount) * ABS(sold_amount)) END AS SIGNED
    ) AS term_amount_minor,
    CAST(ROUND(net_amount * 100) AS SIGNED) AS net_amount_minor,
    currency,
    CASE docstatus WHEN 0 THEN 'draft' WHEN 1 THEN 'posted' WHEN 2 THEN 'void' ELSE CAST(docstatus AS CHAR) END
        AS document_status,
    posting_date AS posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on,
    CASE
        WHEN docstatus = 1 AND NOT is_once AND NOT has_period AND NOT may_recur
            THEN 'without a period, counts nothing. If it recurs, enable deferred revenue for the item'
    END AS doubt
FROM terms
