-- Contract 1 from Odoo Enterprise (PostgreSQL): invoice and refund lines of products that recur.
-- Grain: one row per line, or a row for each part (head, whole months, tail) of a period that is not whole months.
WITH items AS (
    SELECT
        CAST(entry.id AS VARCHAR(20)) AS item_id,
        CAST(posting.commercial_partner_id AS VARCHAR(20)) AS account_id,
        CAST(entry.subscription_id AS VARCHAR(20)) AS service_id,
        category.name AS product,
        CASE WHEN posting.move_type = 'out_invoice' AND entry.price_subtotal >= 0 THEN 'recurring' ELSE 'credit' END
            AS charge_kind,
        entry.deferred_start_date AS starts_on,
        entry.deferred_end_date + 1 AS ends_on, -- Odoo stores the last day of the period, we want the day after it
        ROUND(entry.price_subtotal * 100) * CASE posting.move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS amount_minor,
        coin.name AS currency,
        CASE posting.state WHEN 'cancel' THEN 'void' ELSE posting.state END AS document_status,
        COALESCE(posting.invoice_date, posting.date) AS posted_on
    FROM account_move_line AS entry
    INNER JOIN account_move AS posting ON entry.move_id = posting.id
    INNER JOIN product_product AS variant ON entry.product_id = variant.id
    INNER JOIN product_template AS product ON variant.product_tmpl_id = product.id
    INNER JOIN product_category AS category ON product.categ_id = category.id
    INNER JOIN res_currency AS coin ON entry.currency_id = coin.id
    WHERE
        posting.company_id = 1 -- one company is one legal entity, see README
        AND posting.move_type IN ('out_invoice', 'out_refund')
        AND entry.display_type = 'product' -- not a section, note, tax, rounding or payment term
        AND product.recurring_invoice -- not a setup fee
        AND EXISTS (
            SELECT 1
            FROM res_partner_res_partner_category_rel AS tagged
            INNER JOIN res_partner_category AS flag ON tagged.category_id = flag.id
            WHERE tagged.partner_id = posting.commercial_partner_id AND flag.name ->> 'en_US' = 'Reseller'
        )
),

-- MATERIALIZED, because PostgreSQL would copy each expression into the next ones, and planning would take minutes
calendar AS MATERIALIZED (
    SELECT
        items.*,
        CAST(DATE_TRUNC('month', items.starts_on) AS DATE) AS first_month,
        CAST(DATE_TRUNC('month', items.ends_on) AS DATE) AS last_month,
        CAST(EXTRACT(DAY FROM items.starts_on) AS INTEGER) AS start_day,
        CAST(EXTRACT(DAY FROM items.ends_on) AS INTEGER) AS end_day,
        CAST(
            EXTRACT(DAY FROM DATE_TRUNC('month', items.starts_on) + INTERVAL '1 month' - INTERVAL '1 day') AS INTEGER
        ) AS first_month_days,
        CAST(
            EXTRACT(DAY FROM DATE_TRUNC('month', items.ends_on) + INTERVAL '1 month' - INTERVAL '1 day') AS INTEGER
        ) AS last_month_days,
        CAST(
            (EXTRACT(YEAR FROM items.ends_on) - EXTRACT(YEAR FROM items.starts_on)) * 12
            + EXTRACT(MONTH FROM items.ends_on) - EXTRACT(MONTH FROM items.starts_on) AS INTEGER
        ) AS months
    FROM items
),

periods AS (
    SELECT
        calendar.*,
        -- whole months: the period ends on the day of the month on which it starts, or on a shorter month's last day
        COALESCE(calendar.ends_on <= calendar.starts_on, TRUE)
        OR (
            calendar.months >= 1
            AND (
                calendar.start_day = calendar.end_day
                OR (calendar.start_day > calendar.end_day AND calendar.end_day = calendar.last_month_days)
                OR (calendar.end_day > calendar.start_day AND calendar.start_day = calendar.first_month_days)
            )
        ) AS is_whole,
        COALESCE(calendar.first_month = calendar.last_month, FALSE) AS is_in_one_month
    FROM calendar
),

stretches AS MATERIALIZED (
    -- weights are months, multiplied by the days of the first and of the last month to get whole numbers
    SELECT
        periods.*,
        CASE
            WHEN periods.is_whole OR periods.is_in_one_month OR periods.start_day = 1 THEN 0
            ELSE (periods.first_month_days - periods.start_day + 1) * periods.last_month_days
        END AS head_weight,
        CASE
            WHEN periods.is_whole OR periods.is_in_one_month THEN 1
            ELSE
                (periods.months - CASE WHEN periods.start_day = 1 THEN 0 ELSE 1 END)
                * periods.first_month_days * periods.last_month_days
        END AS body_weight,
        CASE
            WHEN periods.is_whole OR periods.is_in_one_month THEN 0
            ELSE (periods.end_day - 1) * periods.first_month_days
        END AS tail_weight
    FROM periods
),

numbers AS (
    SELECT 1 AS part
    UNION ALL
    SELECT 2 AS part
    UNION ALL
    SELECT 3 AS part
),

parts AS (
    SELECT
        stretches.*,
        numbers.part,
        stretches.head_weight + stretches.body_weight + stretches.tail_weight AS whole_weight,
        CASE numbers.part
            WHEN 1 THEN stretches.head_weight WHEN 2 THEN stretches.body_weight ELSE stretches.tail_weight
        END AS weight,
        CASE numbers.part
            WHEN 1 THEN 0
            WHEN 2 THEN stretches.head_weight
            ELSE stretches.head_weight + stretches.body_weight
        END AS weight_before
    FROM stretches
    CROSS JOIN numbers
)

SELECT
    CAST(CASE WHEN weight = whole_weight THEN item_id ELSE item_id || '/' || part END AS VARCHAR(38)) AS line_id,
    account_id,
    service_id,
    product,
    charge_kind,
    CAST(
        CASE
            WHEN part = 3 THEN last_month
            WHEN is_whole THEN starts_on
            WHEN part = 1 OR is_in_one_month OR start_day = 1 THEN first_month
            ELSE first_month + INTERVAL '1 month'
        END AS DATE
    ) AS service_start,
    CAST(
        CASE
            WHEN part = 3 THEN last_month + INTERVAL '1 month'
            WHEN is_whole THEN ends_on
            WHEN part = 1 OR is_in_one_month THEN first_month + INTERVAL '1 month'
            ELSE last_month
        END AS DATE
    ) AS service_end,
    CASE
        WHEN part IN (1, 3) OR is_in_one_month THEN 1
        WHEN is_whole OR start_day = 1 THEN months
        ELSE months - 1
    END AS term_months,
    -- each part is the rounded running total less the one before it, so that the parts add up to the item
    CAST(
        ROUND(amount_minor * (weight_before + weight) / whole_weight)
        - ROUND(amount_minor * weight_before / whole_weight) AS BIGINT
    ) AS net_amount_minor,
    currency,
    document_status,
    posted_on,
    CAST(NULL AS INTEGER) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on
FROM parts
WHERE weight > 0
