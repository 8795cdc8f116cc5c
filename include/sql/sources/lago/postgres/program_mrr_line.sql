-- Contract 1 from Lago (PostgreSQL): fees of subscriptions, fixed charges, commitments and usage, and credit notes.
-- Grain: one row per fee of an invoice, and one per credit note item that corrects such a fee.
WITH entity AS (
    -- one billing entity is one legal entity, see README: the oldest, unless a copy of this folder names another
    SELECT billing_entities.id
    FROM billing_entities
    ORDER BY billing_entities.created_at, billing_entities.id
    LIMIT 1
),

flagged AS (
    SELECT mark.customer_id
    FROM customer_metadata AS mark
    WHERE LOWER(mark.key) = 'reseller' AND LOWER(mark.value) NOT IN ('', 'false', 'no', '0')
),

fees_of_entity AS (
    SELECT
        fee.id,
        fee.invoice_id,
        fee.subscription_id,
        invoice.customer_id,
        plan.code AS product,
        fee.fee_type,
        fee.amount_cents AS amount,
        fee.amount_currency AS currency,
        invoice.status,
        invoice.self_billed,
        invoice.issuing_date,
        invoice.timezone,
        CASE
            -- Lago keeps these in whole units, the contract in hundredths
            WHEN
                fee.amount_currency IN (
                    'BIF', 'CLP', 'DJF', 'GNF', 'HUF', 'ISK', 'JPY', 'KMF', 'KRW', 'MGA',
                    'PYG', 'RWF', 'UGX', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'
                )
                THEN 100
            ELSE 1
        END AS hundredths,
        -- a fee's coupons have five decimals, and rounded running totals add up to the invoice's coupons
        fee.amount_cents - (
            ROUND(SUM(fee.precise_coupons_amount_cents) OVER running)
            - ROUND(SUM(fee.precise_coupons_amount_cents) OVER running - fee.precise_coupons_amount_cents)
        ) AS net,
        -- what is left of each unit of the fee's amount
        1 - COALESCE(fee.precise_coupons_amount_cents / NULLIF(fee.amount_cents, 0), 0) AS left_by_coupons,
        GREATEST(fee.units, 1) AS units,
        -- the price of a whole term of the plan, as it was when the fee was made
        CASE
            WHEN fee.fee_type = 2
                THEN CAST(fee.amount_details ->> 'plan_amount_cents' AS NUMERIC) * GREATEST(fee.units, 1)
        END AS price,
        CASE plan.interval WHEN 1 THEN 1 WHEN 3 THEN 3 WHEN 4 THEN 6 WHEN 2 THEN 12 END AS plan_months,
        CASE plan.interval WHEN 0 THEN 7 WHEN 1 THEN 28 WHEN 3 THEN 89 WHEN 4 THEN 181 WHEN 2 THEN 365 END
            AS least_days,
        CASE plan.interval WHEN 0 THEN 7 WHEN 1 THEN 31 WHEN 3 THEN 92 WHEN 4 THEN 184 WHEN 2 THEN 366 END
            AS most_days,
        contract.status AS subscription_status,
        CAST(contract.terminated_at AT TIME ZONE 'UTC' AT TIME ZONE invoice.timezone AS DATE) AS terminated_on,
        CAST(contract.created_at AT TIME ZONE 'UTC' AT TIME ZONE invoice.timezone AS DATE) AS ordered_on,
        contract.id IN (
            SELECT successor.previous_subscription_id
            FROM subscriptions AS successor
            WHERE successor.status <> 3
        ) AS is_replaced,
        CASE
            WHEN plan.trial_period > 0
                THEN
                    (
                        SELECT CAST(MIN(earlier.started_at) AT TIME ZONE 'UTC' AT TIME ZONE invoice.timezone AS DATE)
                        FROM subscriptions AS earlier
                        WHERE
                            earlier.customer_id = contract.customer_id
                            AND earlier.external_id = contract.external_id
                    ) + CAST(plan.trial_period AS INTEGER)
        END AS trial_ends_on,
        fee.fee_type = 0 AND metered.pay_in_advance AS is_usage_ahead,
        fee.fee_type = 5 AND fee.pay_in_advance AND fixed_charge.prorated AS is_by_days,
        CAST(
            CASE WHEN fee.properties ->> 'timestamp' ~ '^[0-9]{4}-' THEN fee.properties ->> 'timestamp' END
            AS TIMESTAMPTZ
        ) AS billed_at,
        CAST(
            CASE fee.fee_type
                WHEN 0 THEN fee.properties ->> 'charges_from_datetime'
                WHEN 5 THEN fee.properties ->> 'fixed_charges_from_datetime'
                ELSE fee.properties ->> 'from_datetime'
            END AS TIMESTAMPTZ
        ) AS from_instant,
        CAST(
            CASE fee.fee_type
                WHEN 0 THEN fee.properties ->> 'charges_to_datetime'
                WHEN 5 THEN fee.properties ->> 'fixed_charges_to_datetime'
                ELSE fee.properties ->> 'to_datetime'
            END AS TIMESTAMPTZ
        ) AS to_instant
    FROM fees AS fee
    INNER JOIN invoices AS invoice ON fee.invoice_id = invoice.id
    LEFT JOIN subscriptions AS contract ON fee.subscription_id = contract.id
    LEFT JOIN plans AS plan ON contract.plan_id = plan.id
    LEFT JOIN charges AS metered ON fee.charge_id = metered.id
    LEFT JOIN fixed_charges AS fixed_charge ON fee.fixed_charge_id = fixed_charge.id
    WHERE
        fee.deleted_at IS NULL
        AND invoice.billing_entity_id IN (SELECT entity.id FROM entity)
        AND invoice.customer_id IN (SELECT flagged.customer_id FROM flagged)
    WINDOW running AS (PARTITION BY fee.invoice_id ORDER BY fee.id)
),

own_dates AS MATERIALIZED (
    SELECT
        *,
        CAST(
            CASE
                -- usage that a renewal charges ahead is for the period that begins with the bill, not for its dates
                WHEN is_usage_ahead AND billed_at > to_instant THEN billed_at
                -- units added in mid period are paid from that day on
                WHEN is_by_days AND billed_at BETWEEN from_instant AND to_instant THEN billed_at
                ELSE from_instant
            END AT TIME ZONE timezone AS DATE
        ) AS starts_on,
        -- Lago's periods end with their last day, we want the day after it
        CASE
            WHEN is_usage_ahead AND billed_at > to_instant
                THEN CAST((billed_at AT TIME ZONE timezone) + INTERVAL '1 month' AS DATE)
            ELSE CAST(to_instant AT TIME ZONE timezone AS DATE) + 1
        END AS ends_on
    FROM fees_of_entity
    WHERE fee_type NOT IN (1, 3) -- not an add-on, which is paid once, nor prepaid credit
),

-- The days that a subscription's fee is for: its own, less the day of an upgrade, which the next plan pays for, less
-- days of trial. Which of them is right is told by the amount: exactly what Lago's price by days gives.
days AS (
    SELECT
        own_dates.*,
        days_billed.first_day,
        days_billed.day_after,
        days_billed.is_piece
    FROM own_dates
    LEFT JOIN LATERAL (
        SELECT
            told.first_day,
            told.day_after,
            own_dates.amount <> own_dates.price AS is_piece
        FROM (
            VALUES
            (1, own_dates.starts_on, own_dates.ends_on),
            (
                2,
                own_dates.starts_on,
                CASE
                    WHEN own_dates.is_replaced AND own_dates.terminated_on = own_dates.ends_on - 1
                        THEN own_dates.terminated_on
                END
            ),
            (3, GREATEST(own_dates.starts_on, own_dates.trial_ends_on), own_dates.ends_on)
        ) AS told (choice, first_day, day_after)
        WHERE
            own_dates.amount = own_dates.price
            OR (
                -- some number of days that the term may have gives the amount
                own_dates.amount > 0
                AND own_dates.price > 0
                AND told.day_after > told.first_day
                AND GREATEST(
                    CEIL(
                        own_dates.price * (told.day_after - told.first_day)
                        / (own_dates.amount + 0.5 * own_dates.units)
                    ),
                    own_dates.least_days
                ) <= LEAST(
                    FLOOR(
                        own_dates.price * (told.day_after - told.first_day)
                        / NULLIF(GREATEST(own_dates.amount - 0.5 * own_dates.units, 0), 0)
                    ),
                    own_dates.most_days
                )
            )
        ORDER BY told.choice
        LIMIT 1
    ) AS days_billed ON TRUE
),

terms AS (
    SELECT
        *,
        COALESCE(first_day, starts_on) AS service_start,
        CASE
            WHEN fee_type = 0 THEN GREATEST(ends_on, starts_on + 1) -- usage lasts a day at least
            ELSE COALESCE(day_after, ends_on)
        END AS service_end,
        CASE
            WHEN fee_type = 0 THEN 1
            WHEN first_day IS NOT NULL THEN plan_months
            -- whole months end on the day of the month on which they start, or on a shorter month's last day
            WHEN
                EXTRACT(DAY FROM starts_on) = EXTRACT(DAY FROM ends_on)
                OR (
                    EXTRACT(DAY FROM starts_on) > EXTRACT(DAY FROM ends_on)
                    AND EXTRACT(DAY FROM ends_on + 1) = 1
                )
                OR (
                    EXTRACT(DAY FROM starts_on) < EXTRACT(DAY FROM ends_on)
                    AND EXTRACT(DAY FROM starts_on + 1) = 1
                )
                THEN
                    NULLIF(
                        (EXTRACT(YEAR FROM ends_on) - EXTRACT(YEAR FROM starts_on)) * 12
                        + EXTRACT(MONTH FROM ends_on) - EXTRACT(MONTH FROM starts_on),
                        0
                    )
        END AS term_months
    FROM days
),

-- what a credit note item gives back: its part of the fee, less that part's coupons
given_back AS (
    SELECT
        fee.*,
        item.id AS item_id,
        item.precise_amount_cents AS given,
        item.precise_amount_cents * fee.left_by_coupons AS given_net,
        SUM(item.precise_amount_cents * fee.left_by_coupons)
            OVER (PARTITION BY item.credit_note_id ORDER BY item.id)
            AS running,
        note.issuing_date AS noted_on,
        CASE
            WHEN fee.status = 2 OR (note.voided_at IS NOT NULL AND spent.amount = 0) THEN 2
            WHEN note.status = 2 THEN 8
            ELSE note.status
        END AS note_status,
        -- of a note that was voided after a part of its credit was used, that part stays
        CASE
            WHEN note.voided_at IS NULL THEN 1
            ELSE COALESCE(spent.amount / NULLIF(CAST(note.total_amount_cents AS NUMERIC), 0), 0)
        END AS used,
        -- a plan paid in advance that ended: Lago gives back the days after its end, or from an upgrade's day on
        CASE
            WHEN fee.fee_type = 2 AND fee.subscription_status = 2 AND note.reason IN (2, 3)
                THEN fee.terminated_on + CASE WHEN fee.is_replaced THEN 0 ELSE 1 END
        END AS cut_on
    FROM credit_note_items AS item
    INNER JOIN credit_notes AS note ON item.credit_note_id = note.id
    INNER JOIN terms AS fee ON item.fee_id = fee.id
    CROSS JOIN LATERAL (
        SELECT note.refund_amount_cents + note.offset_amount_cents + COALESCE(SUM(applied.amount_cents), 0) AS amount
        FROM credits AS applied
        WHERE applied.credit_note_id = note.id
    ) AS spent
),

corrections AS (
    SELECT
        *,
        COALESCE(cut_on > service_start AND cut_on < service_end, FALSE) AS is_cut,
        -- its amount is exactly the price of the days that are left
        COALESCE(
            price > 0
            AND GREATEST(CEIL(price * (service_end - cut_on) / (given + 0.001)), least_days)
            <= LEAST(FLOOR(price * (service_end - cut_on) / NULLIF(GREATEST(given - 0.001, 0), 0)), most_days),
            FALSE
        ) AS is_exact
    FROM given_back
),

lines AS (
    SELECT
        id AS line_id,
        customer_id,
        subscription_id,
        product,
        fee_type,
        self_billed,
        FALSE AS is_credit,
        service_start,
        service_end,
        term_months,
        CASE WHEN is_piece THEN price * left_by_coupons END AS term_amount,
        net,
        hundredths,
        currency,
        status,
        issuing_date,
        ordered_on
    FROM terms
    UNION ALL
    SELECT
        item_id AS line_id,
        customer_id,
        subscription_id,
        product,
        fee_type,
        self_billed,
        TRUE AS is_credit,
        -- usage counts in the month in which it starts, and so does what corrects it
        CASE
            WHEN fee_type = 0 THEN CAST(DATE_TRUNC('month', service_start) AS DATE)
            WHEN is_cut THEN cut_on
            ELSE service_start
        END AS service_start,
        CASE
            WHEN fee_type = 0 THEN CAST(DATE_TRUNC('month', service_start) + INTERVAL '1 month' AS DATE)
            ELSE service_end
        END AS service_end,
        -- days that are left at a price that nobody knows pay for exactly themselves
        CASE WHEN is_cut AND NOT is_exact THEN NULL ELSE term_months END AS term_months,
        CASE
            WHEN is_cut THEN CASE WHEN is_exact THEN price * left_by_coupons END
            WHEN is_piece THEN price * left_by_coupons * given / NULLIF(amount, 0)
        END * -used AS term_amount,
        -(ROUND(running * used) - ROUND((running - given_net) * used)) AS net,
        hundredths,
        currency,
        note_status AS status,
        noted_on AS issuing_date,
        ordered_on
    FROM corrections
)

SELECT
    CAST(line_id AS TEXT) AS line_id,
    CAST(customer_id AS TEXT) AS account_id,
    CAST(subscription_id AS TEXT) AS service_id,
    CAST(product AS TEXT) AS product,
    -- kinds that the contract does not have: the pull names the line
    CASE
        WHEN self_billed THEN 'self-billed'
        WHEN fee_type NOT IN (0, 2, 4, 5) THEN 'unknown fee type ' || fee_type
        WHEN is_credit THEN 'credit'
        WHEN fee_type = 0 THEN 'usage'
        ELSE 'recurring'
    END AS charge_kind,
    service_start,
    service_end,
    CAST(term_months AS INTEGER) AS term_months,
    CAST(CASE WHEN term_months IS NOT NULL AND fee_type <> 0 THEN ROUND(term_amount * hundredths) END AS BIGINT)
        AS term_amount_minor,
    CAST(net * hundredths AS BIGINT) AS net_amount_minor,
    CAST(currency AS TEXT) AS currency,
    CASE
        WHEN status = 1 THEN 'posted'
        WHEN status IN (0, 3, 4, 5, 7) THEN 'draft'
        WHEN status IN (2, 6, 8) THEN 'void'
        ELSE CAST(status AS TEXT)
    END AS document_status,
    issuing_date AS posted_on,
    CAST(NULL AS INTEGER) AS discount_bp,
    ordered_on
FROM lines
