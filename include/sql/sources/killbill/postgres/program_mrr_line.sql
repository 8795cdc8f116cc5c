-- Contract 1 from Kill Bill on PostgreSQL: recurring fees, prepaid phases and usage, and what corrects them.
-- Grain: one row per invoice item. `fee` is the item itself, or the one that a repair or an adjustment corrects.
WITH flagged AS (
    SELECT tag.object_id AS account_id
    FROM tags AS tag
    INNER JOIN tag_definitions AS flag ON tag.tag_definition_id = flag.id
    WHERE tag.object_type = 'ACCOUNT' AND tag.is_active AND flag.is_active AND LOWER(flag.name) = 'reseller'
),

items AS (
    SELECT
        item.id AS line_id,
        customer.id AS account_id,
        COALESCE(item.subscription_id, fee.subscription_id) AS service_id,
        COALESCE(fee.product_name, fee.plan_name) AS product,
        item.type,
        item.amount,
        item.currency,
        invoice.status,
        invoice.invoice_date,
        fee.type AS fee_type,
        fee.amount AS fee_amount,
        fee.rate * COALESCE(fee.quantity, 1) AS rate, -- the price of a whole period of the plan
        -- half of what the currency rounds amounts to, and what Kill Bill's pro-ration by nine digits may miss
        CASE
            WHEN item.currency IN ('CLP', 'ISK', 'JPY', 'KRW', 'PYG', 'UGX', 'VND', 'XAF', 'XOF', 'XPF') THEN 0.501
            ELSE 0.00501
        END AS rounding,
        fee.start_date AS fee_start,
        fee.end_date AS fee_end,
        fee.end_date - fee.start_date AS fee_days,
        item.end_date - item.start_date AS item_days,
        -- a repair has dates of its own. Usage lasts a day at least: a cancellation on the first day has none.
        CASE WHEN item.type = 'ITEM_ADJ' THEN fee.start_date ELSE item.start_date END AS starts_on,
        CASE
            WHEN item.type = 'USAGE' AND item.end_date = item.start_date THEN item.end_date + 1
            WHEN item.type = 'ITEM_ADJ' THEN fee.end_date
            ELSE item.end_date
        END AS ends_on,
        CASE
            WHEN item.type = 'REPAIR_ADJ'
                THEN
                    EXISTS (
                        SELECT 1
                        FROM invoice_items AS adjustment
                        WHERE adjustment.linked_item_id = fee.id AND adjustment.type = 'ITEM_ADJ'
                    )
            ELSE TRUE
        END AS is_adjusted
    FROM invoice_items AS item
    INNER JOIN invoices AS invoice ON item.invoice_id = invoice.id
    INNER JOIN accounts AS customer ON COALESCE(item.child_account_id, item.account_id) = customer.id
    LEFT JOIN invoice_items AS fee
        ON fee.id = CASE WHEN item.type IN ('REPAIR_ADJ', 'ITEM_ADJ') THEN item.linked_item_id ELSE item.id END
    WHERE
        customer.tenant_record_id = 1 -- one tenant is one legal entity, see README
        AND NOT invoice.parent_invoice
        AND item.type IN ('RECURRING', 'USAGE', 'FIXED', 'REPAIR_ADJ', 'ITEM_ADJ')
        AND (
            fee.type IN ('RECURRING', 'USAGE')
            OR (item.type = 'REPAIR_ADJ' AND fee.id IS NULL)
            -- FIXED pays for a phase if it has an end. One without is a setup fee, unless its phase has no other fee.
            OR (
                fee.type = 'FIXED'
                AND COALESCE(RIGHT(fee.phase_name, 6), '') <> '-trial'
                AND (
                    fee.end_date IS NOT NULL
                    OR (
                        RIGHT(fee.phase_name, 10) = '-fixedterm'
                        AND fee.amount <> 0
                        AND NOT EXISTS (
                            SELECT 1
                            FROM invoice_items AS recurring
                            WHERE
                                recurring.subscription_id = fee.subscription_id
                                AND recurring.phase_name = fee.phase_name
                                AND recurring.type = 'RECURRING'
                        )
                    )
                )
            )
        )
        AND (
            customer.id IN (SELECT flagged.account_id FROM flagged)
            OR customer.parent_account_id IN (SELECT flagged.account_id FROM flagged)
        )
),

periods AS MATERIALIZED (
    SELECT
        *,
        -- of how many days the rate is the price, by an amount that was rounded: 66.67 of 100 for 20 days is 30 days
        CASE WHEN fee_amount > 0 AND fee_amount < rate THEN CEILING(rate * fee_days / (fee_amount + rounding)) END
            AS least_days,
        FLOOR(rate * fee_days / CASE WHEN fee_amount > rounding THEN fee_amount - rounding END) AS most_days,
        -- whole months end on the day of the month on which they start, or on a shorter month's last day
        CASE
            WHEN
                EXTRACT(DAY FROM fee_start) = EXTRACT(DAY FROM fee_end)
                OR (
                    EXTRACT(DAY FROM fee_start) > EXTRACT(DAY FROM fee_end)
                    AND EXTRACT(DAY FROM fee_end + INTERVAL '1' DAY) = 1
                )
                OR (
                    EXTRACT(DAY FROM fee_start) < EXTRACT(DAY FROM fee_end)
                    AND EXTRACT(DAY FROM fee_start + INTERVAL '1' DAY) = 1
                )
                THEN
                    NULLIF(
                        (EXTRACT(YEAR FROM fee_end) - EXTRACT(YEAR FROM fee_start)) * 12
                        + EXTRACT(MONTH FROM fee_end) - EXTRACT(MONTH FROM fee_start),
                        0
                    )
        END AS whole_months
    FROM items
),

terms AS (
    -- a piece of a term: its amount is exactly what Kill Bill's pro-ration by days gives for such a term
    SELECT
        *,
        CASE
            WHEN least_days > most_days THEN NULL
            WHEN least_days <= 31 AND most_days >= 28 THEN 1
            WHEN least_days <= 62 AND most_days >= 59 THEN 2
            WHEN least_days <= 92 AND most_days >= 89 THEN 3
            WHEN least_days <= 123 AND most_days >= 120 THEN 4
            WHEN least_days <= 184 AND most_days >= 181 THEN 6
            WHEN least_days <= 366 AND most_days >= 365 THEN 12
            WHEN least_days <= 550 AND most_days >= 546 THEN 18
            WHEN least_days <= 731 AND most_days >= 730 THEN 24
            WHEN least_days <= 1096 AND most_days >= 1095 THEN 36
        END AS piece_months
    FROM periods
)

SELECT
    line_id,
    account_id,
    service_id,
    product,
    CASE WHEN type IN ('RECURRING', 'FIXED') THEN 'recurring' WHEN type = 'USAGE' THEN 'usage' ELSE 'credit' END
        AS charge_kind,
    -- usage counts in the month in which it starts, and so does what corrects it
    CASE
        WHEN type = 'ITEM_ADJ' AND fee_type = 'USAGE' THEN CAST(DATE_TRUNC('month', starts_on) AS DATE)
        ELSE starts_on
    END AS service_start,
    CASE
        WHEN
            type = 'ITEM_ADJ' AND fee_type = 'USAGE'
            THEN CAST(DATE_TRUNC('month', starts_on) + INTERVAL '1 month' AS DATE)
        ELSE ends_on
    END AS service_end,
    CAST(CASE WHEN fee_type = 'USAGE' THEN 1 ELSE COALESCE(piece_months, whole_months) END AS INTEGER)
        AS term_months,
    CAST(
        ROUND(
            100 * CASE
                WHEN fee_type = 'USAGE' OR COALESCE(piece_months, whole_months) IS NULL THEN NULL
                -- a repair gives back the term's price, or less where an adjustment had given back a part of it
                WHEN
                    type = 'REPAIR_ADJ'
                    AND NOT (is_adjusted AND fee_amount * item_days / fee_days + amount > 0.01)
                    THEN -CASE WHEN piece_months IS NULL THEN fee_amount ELSE rate END
                WHEN piece_months IS NOT NULL OR type = 'REPAIR_ADJ'
                    THEN
                        CASE WHEN piece_months IS NULL THEN fee_amount ELSE rate END
                        * amount / fee_amount
                        * CASE WHEN type = 'REPAIR_ADJ' THEN fee_days / CAST(item_days AS DECIMAL(9, 0)) ELSE 1 END
            END
        ) AS BIGINT
    ) AS term_amount_minor,
    CAST(ROUND(amount * 100) AS BIGINT) AS net_amount_minor,
    currency,
    CASE status WHEN 'COMMITTED' THEN 'posted' WHEN 'DRAFT' THEN 'draft' WHEN 'VOID' THEN 'void' ELSE status END
        AS document_status,
    invoice_date AS posted_on,
    CAST(NULL AS INTEGER) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on
FROM terms
