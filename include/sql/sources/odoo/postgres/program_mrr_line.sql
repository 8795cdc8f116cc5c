-- Contract 1 from Odoo Enterprise (PostgreSQL): invoice and refund lines of products that recur, less their part of
-- discounts on the whole invoice.
-- Grain: one row per line, and one more with /discount for its part of its invoice's discount lines.
WITH sold_for_periods AS (
    -- a product that a subscription billed for a period recurs, also where somebody unticked it later. An upsell is
    -- left out: it bills setup fees for a period too, and is known by having another order than its subscription.
    SELECT DISTINCT entry.product_id
    FROM account_move_line AS entry
    INNER JOIN sale_order_line_invoice_rel AS billed ON entry.id = billed.invoice_line_id
    INNER JOIN sale_order_line AS sold ON billed.order_line_id = sold.id
    WHERE entry.deferred_start_date IS NOT NULL AND entry.subscription_id = sold.order_id
),

entries AS (
    SELECT
        entry.id,
        entry.move_id,
        posting.commercial_partner_id,
        entry.subscription_id,
        category.name AS product,
        posting.move_type,
        posting.state,
        COALESCE(posting.invoice_date, posting.date) AS posted_on,
        coin.name AS currency,
        entry.deferred_start_date AS starts_on,
        entry.deferred_end_date + 1 AS ends_on, -- Odoo stores the last day of the period, we want the day after it
        ROUND(entry.price_subtotal * 100) AS amount,
        ROUND(entry.price_unit * entry.quantity * 100) AS price, -- before the discount, with which upsells are cut
        plan.billing_period_unit AS plan_unit,
        CASE plan.billing_period_unit
            WHEN 'month' THEN NULLIF(plan.billing_period_value, 0)
            WHEN 'year' THEN 12 * NULLIF(plan.billing_period_value, 0)
        END AS plan_months,
        CASE
            WHEN entry.product_id IS NULL THEN entry.deferred_start_date IS NOT NULL
            ELSE
                COALESCE(product.recurring_invoice, FALSE)
                OR entry.product_id IN (SELECT sold_for_periods.product_id FROM sold_for_periods)
        END AS recurs,
        COALESCE(entry.product_id = company.sale_discount_product_id, FALSE) AS is_discount,
        COALESCE(entry.is_downpayment, FALSE) AS is_downpayment
    FROM account_move_line AS entry
    INNER JOIN account_move AS posting ON entry.move_id = posting.id
    INNER JOIN res_company AS company ON posting.company_id = company.id
    INNER JOIN res_currency AS coin ON entry.currency_id = coin.id
    LEFT JOIN product_product AS variant ON entry.product_id = variant.id
    LEFT JOIN product_template AS product ON variant.product_tmpl_id = product.id
    LEFT JOIN product_category AS category ON product.categ_id = category.id
    LEFT JOIN sale_order AS contract ON entry.subscription_id = contract.id
    LEFT JOIN sale_subscription_plan AS plan ON contract.plan_id = plan.id
    WHERE
        posting.company_id = 1 -- one company is one legal entity, see README
        AND posting.move_type IN ('out_invoice', 'out_refund')
        AND entry.display_type = 'product' -- not a section, note, tax, rounding or payment term
        AND EXISTS (
            SELECT 1
            FROM res_partner_res_partner_category_rel AS tagged
            INNER JOIN res_partner_category AS flag ON tagged.category_id = flag.id
            WHERE tagged.partner_id = posting.commercial_partner_id AND flag.name ->> 'en_US' = 'Reseller'
        )
),

-- a discount line reduces every positive line of its invoice in proportion, also those that do not recur
invoices AS (
    SELECT
        *,
        BOOL_OR(recurs) OVER (PARTITION BY move_id) AS has_recurring,
        MIN(starts_on) FILTER (WHERE recurs) OVER (PARTITION BY move_id) AS invoice_starts_on,
        MAX(ends_on) FILTER (WHERE recurs) OVER (PARTITION BY move_id) AS invoice_ends_on,
        COALESCE(SUM(amount) FILTER (WHERE is_discount AND NOT recurs) OVER (PARTITION BY move_id), 0) AS discount,
        SUM(GREATEST(amount, 0)) OVER (PARTITION BY move_id) AS base,
        SUM(GREATEST(amount, 0)) OVER (PARTITION BY move_id ORDER BY id) AS running_base
    FROM entries
),

periods AS MATERIALIZED (
    SELECT
        *,
        -- rounded running totals, so that the parts add up to the discount
        CASE
            WHEN recurs AND amount > 0
                THEN ROUND(discount * running_base / base) - ROUND(discount * (running_base - amount) / base)
            ELSE 0
        END AS discount_part,
        -- whole months end on the day of the month on which they start, or on a shorter month's last day
        CASE
            WHEN
                COALESCE(plan_unit, '') <> 'week'
                AND (
                    EXTRACT(DAY FROM starts_on) = EXTRACT(DAY FROM ends_on)
                    OR (
                        EXTRACT(DAY FROM starts_on) > EXTRACT(DAY FROM ends_on)
                        AND EXTRACT(DAY FROM ends_on + 1) = 1
                    )
                    OR (
                        EXTRACT(DAY FROM starts_on) < EXTRACT(DAY FROM ends_on)
                        AND EXTRACT(DAY FROM starts_on + 1) = 1
                    )
                )
                THEN
                    NULLIF(
                        (EXTRACT(YEAR FROM ends_on) - EXTRACT(YEAR FROM starts_on)) * 12
                        + EXTRACT(MONTH FROM ends_on) - EXTRACT(MONTH FROM starts_on),
                        0
                    )
        END AS whole_months,
        -- whole terms of the plan, taken off at the end of the period
        FLOOR(
            (
                (EXTRACT(YEAR FROM ends_on) - EXTRACT(YEAR FROM starts_on)) * 12
                + EXTRACT(MONTH FROM ends_on) - EXTRACT(MONTH FROM starts_on)
                - CASE WHEN EXTRACT(DAY FROM starts_on) > EXTRACT(DAY FROM ends_on) THEN 1 ELSE 0 END
            ) / plan_months
        ) AS terms
    FROM invoices
    WHERE
        recurs
        -- a reduction of nobody knows what: a fault in the months that its invoice is for
        OR (amount < 0 AND has_recurring AND NOT is_discount AND NOT is_downpayment)
),

ratios AS (
    -- the terms that the period has, counted as Odoo does: a rest by days of a term from the first day on
    SELECT
        *,
        terms + (
            CAST(ends_on - MAKE_INTERVAL(months => CAST(terms * plan_months AS INTEGER)) AS DATE) - starts_on
        ) / CAST(CAST(starts_on + MAKE_INTERVAL(months => plan_months) AS DATE) - starts_on AS NUMERIC) AS ratio
    FROM periods
),

pieces AS (
    -- a piece is cut by its discount, of two decimals, or by its price. Dates of whole months alone make no piece.
    SELECT
        *,
        CASE
            WHEN whole_months IS NULL OR MOD(whole_months, plan_months) <> 0
                THEN
                    CASE
                        WHEN ABS(price * ratio - amount) <= 0.00005 * ABS(price) + 0.5 THEN price
                        WHEN whole_months IS NULL THEN ROUND(amount / NULLIF(ratio, 0))
                    END
        END AS piece_price
    FROM ratios
),

lines AS (
    SELECT
        *,
        CAST(id AS VARCHAR(30)) AS line_id,
        amount AS part
    FROM pieces
    UNION ALL
    SELECT
        *,
        CAST(id || '/discount' AS VARCHAR(30)) AS line_id,
        discount_part AS part
    FROM pieces
    WHERE discount_part <> 0
)

SELECT
    line_id,
    CAST(commercial_partner_id AS VARCHAR(20)) AS account_id,
    CAST(subscription_id AS VARCHAR(20)) AS service_id,
    product,
    CASE
        WHEN NOT recurs THEN 'unknown reduction' -- no kind of the contract: the pull names the line
        WHEN move_type = 'out_invoice' AND part >= 0 THEN 'recurring'
        ELSE 'credit'
    END AS charge_kind,
    CASE WHEN recurs THEN starts_on ELSE invoice_starts_on END AS service_start,
    CASE WHEN recurs THEN ends_on ELSE invoice_ends_on END AS service_end,
    CAST(CASE WHEN piece_price IS NULL THEN whole_months ELSE plan_months END AS INTEGER) AS term_months,
    CAST(
        ROUND(piece_price * part / NULLIF(amount, 0)) * CASE move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS BIGINT
    ) AS term_amount_minor,
    CAST(part * CASE move_type WHEN 'out_refund' THEN -1 ELSE 1 END AS BIGINT) AS net_amount_minor,
    currency,
    CASE state WHEN 'cancel' THEN 'void' ELSE state END AS document_status,
    posted_on,
    CAST(NULL AS INTEGER) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on
FROM lines
