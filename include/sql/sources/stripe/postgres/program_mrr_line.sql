-- Contract 1 from Stripe, as the Stripe Sync Engine keeps it in PostgreSQL: lines of subscriptions, prorations, metered
-- usage, and credit notes.
-- Grain: one row per such line of an invoice, one per credit note line that corrects one, and one per invoice or credit
-- note of which the lines do not say everything.
WITH place AS (
    SELECT 'UTC' AS time_zone -- the time zone in which a day begins, see README
),

flagged AS (
    SELECT
        customers.id,
        place.time_zone
    FROM customers
    CROSS JOIN place
    WHERE LOWER(customers.metadata ->> 'reseller') NOT IN ('', 'false', 'no', '0')
),

documents AS (
    SELECT
        invoice.id,
        invoice.customer,
        flagged.time_zone,
        UPPER(invoice.currency) AS currency,
        CASE
            -- Stripe keeps these in whole units, the contract in hundredths. ISK and UGX have hundredths in Stripe too.
            WHEN
                UPPER(invoice.currency) IN (
                    'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF',
                    'XPF'
                )
                THEN 100
            ELSE 1
        END AS hundredths,
        CASE
            WHEN CAST(invoice.status AS TEXT) IN ('open', 'paid', 'uncollectible') THEN 'posted'
            WHEN CAST(invoice.status AS TEXT) IN ('void', 'deleted') THEN 'void'
            ELSE CAST(invoice.status AS TEXT)
        END AS status,
        CAST(
            TO_TIMESTAMP(
                COALESCE(CAST(invoice.status_transitions ->> 'finalized_at' AS BIGINT), invoice.created)
            ) AT TIME ZONE flagged.time_zone AS DATE
        ) AS posted_on,
        TO_TIMESTAMP(invoice.period_start) AS invoice_from,
        TO_TIMESTAMP(invoice.period_end) AS invoice_to,
        CASE WHEN JSONB_TYPEOF(invoice.lines -> 'data') = 'array' THEN invoice.lines -> 'data' ELSE '[]' END AS entries,
        COALESCE(invoice.lines ->> 'has_more' = 'true', FALSE)
        OR (COALESCE(JSONB_TYPEOF(invoice.lines -> 'data'), '') <> 'array') AS lacks_lines,
        (
            SELECT COALESCE(SUM(CAST(part.discount ->> 'amount' AS NUMERIC)), 0)
            FROM JSONB_PATH_QUERY(invoice.total_discount_amounts, '$[*]') AS part (discount)
        ) AS discount
    FROM invoices AS invoice
    INNER JOIN flagged ON invoice.customer = flagged.id
),

-- a line as it was before and since version 2025-03-31 (basil) of the API, which took the price out of it
items AS (
    SELECT
        bill.id AS invoice_id,
        item.line ->> 'id' AS line_id,
        item.line -> 'period' AS period,
        UPPER(COALESCE(item.line ->> 'currency', bill.currency)) AS currency,
        CAST(item.line ->> 'amount' AS NUMERIC) AS amount,
        CAST(item.line ->> 'quantity' AS NUMERIC) AS quantity,
        COALESCE(
            item.line ->> 'subscription',
            item.line #>> '{parent,subscription_item_details,subscription}',
            item.line #>> '{parent,invoice_item_details,subscription}'
        ) AS service_id,
        COALESCE(item.line #>> '{price,product}', item.line #>> '{pricing,price_details,product}', price.product)
            AS product,
        COALESCE(
            item.line ->> 'proration',
            item.line #>> '{parent,subscription_item_details,proration}',
            item.line #>> '{parent,invoice_item_details,proration}',
            'false'
        ) = 'true' AS is_proration,
        COALESCE(
            item.line ->> 'type' = 'subscription', item.line #>> '{parent,type}' = 'subscription_item_details', FALSE
        ) AS is_subscription,
        COALESCE(
            NULLIF(item.line #> '{price,recurring}', 'null'),
            CASE WHEN JSONB_TYPEOF(item.line -> 'plan') = 'object' THEN item.line -> 'plan' END,
            price.recurring
        ) AS recurring,
        CASE
            WHEN UPPER(COALESCE(item.line #>> '{price,currency}', price.currency)) <> bill.currency THEN NULL
            WHEN
                NULLIF(
                    COALESCE(item.line #> '{price,transform_quantity}', price.transform_quantity), 'null'
                ) IS NOT NULL
                THEN NULL
            ELSE
                CAST(
                    COALESCE(
                        item.line #>> '{price,unit_amount_decimal}',
                        item.line #>> '{pricing,unit_amount_decimal}',
                        price.unit_amount_decimal,
                        CAST(price.unit_amount AS TEXT)
                    ) AS NUMERIC
                )
        END AS unit_amount,
        -- Stripe's own part of every discount, also of those on the whole invoice
        (
            SELECT COALESCE(SUM(CAST(part.discount ->> 'amount' AS NUMERIC)), 0)
            FROM JSONB_PATH_QUERY(item.line, '$.discount_amounts[*]') AS part (discount)
        ) AS discount,
        -- a tax that the amount includes
        (
            SELECT COALESCE(SUM(CAST(part.tax ->> 'amount' AS NUMERIC)), 0)
            FROM
                JSONB_PATH_QUERY(
                    COALESCE(NULLIF(item.line -> 'taxes', 'null'), item.line -> 'tax_amounts'), '$[*]'
                ) AS part (tax)
            WHERE part.tax ->> 'inclusive' = 'true' OR part.tax ->> 'tax_behavior' = 'inclusive'
        ) AS tax
    FROM documents AS bill
    CROSS JOIN LATERAL JSONB_ARRAY_ELEMENTS(bill.entries) AS item (line)
    LEFT JOIN prices AS price
        ON
            price.id = COALESCE(
                item.line #>> '{pricing,price_details,price}', item.line #>> '{price,id}', item.line #>> '{plan,id}'
            )
),

periods AS (
    SELECT
        *,
        amount - discount - tax AS net,
        COALESCE(recurring ->> 'usage_type' = 'metered', FALSE) AS is_usage,
        ROUND(unit_amount * COALESCE(quantity, 1)) AS price, -- of a whole term, before discounts
        CASE recurring ->> 'interval' WHEN 'month' THEN 1 WHEN 'year' THEN 12 END
        * CAST(recurring ->> 'interval_count' AS INTEGER) AS months,
        TO_TIMESTAMP(CAST(period ->> 'start' AS BIGINT)) AT TIME ZONE 'UTC' AS starts_at,
        TO_TIMESTAMP(CAST(period ->> 'end' AS BIGINT)) AT TIME ZONE 'UTC' AS ends_at,
        CAST(period ->> 'end' AS NUMERIC) - CAST(period ->> 'start' AS NUMERIC) AS seconds,
        is_subscription OR is_proration AS recurs
    FROM items
),

whole_terms AS (
    SELECT
        *,
        -- Stripe counts months in UTC
        COALESCE(
            ends_at = starts_at + MAKE_INTERVAL(months => months)
            OR starts_at = ends_at - MAKE_INTERVAL(months => months),
            FALSE
        ) AS has_whole_dates
    FROM periods
),

lengths AS (
    SELECT
        *,
        -- how long the term is that a piece was cut out of: one that ends with a short month may begin on another day
        MAX(seconds) FILTER (WHERE has_whole_dates AND NOT is_proration)
            OVER (PARTITION BY service_id, ends_at, months)
            AS billed_seconds,
        -- and what a discount left of its price
        MAX(net / NULLIF(amount, 0)) FILTER (WHERE has_whole_dates AND NOT is_proration)
            OVER (PARTITION BY service_id, ends_at, months)
            AS billed_part,
        EXTRACT(EPOCH FROM ends_at - (ends_at - MAKE_INTERVAL(months => months))) AS calendar_seconds
    FROM whole_terms
),

terms AS MATERIALIZED (
    SELECT
        *,
        has_whole_dates OR (amount = price AND amount <> 0) AS is_whole,
        -- Stripe's proration is by seconds: some number of days that the term may have gives the amount
        price > 0
        AND amount <> 0
        AND CEIL(
            GREATEST(
                price * seconds / 86400 / (ABS(amount) + 1),
                COALESCE(billed_seconds / 86400, CASE months WHEN 1 THEN 28 ELSE FLOOR(months * 30.4375) - 2 END)
            )
        ) <= FLOOR(
            LEAST(
                price * seconds / 86400 / NULLIF(ABS(amount) - 1, 0),
                COALESCE(billed_seconds / 86400, CASE months WHEN 1 THEN 31 ELSE CEIL(months * 30.4375) + 2 END)
            )
        ) AS is_at_price,
        ABS(price * billed_part * seconds / billed_seconds - ABS(amount)) <= 1 AS is_at_billed_part,
        -- a proration has its discount in its amount: its price is what its seconds make of it, if not too high
        is_proration
        AND COALESCE(
            ABS(amount) * COALESCE(billed_seconds, calendar_seconds) <= 1.1 * price * seconds, TRUE
        ) AS is_at_less,
        COALESCE(billed_seconds, calendar_seconds) / NULLIF(seconds, 0) AS terms
    FROM lengths
),

fees AS (
    SELECT
        term.line_id,
        term.invoice_id,
        term.service_id,
        term.product,
        term.recurs,
        term.recurs AND term.recurring IS NULL AS lacks_price,
        term.is_usage,
        term.net,
        term.discount,
        CAST(term.starts_at AT TIME ZONE 'UTC' AT TIME ZONE place.time_zone AS DATE) AS service_start,
        GREATEST(
            CAST(term.ends_at AT TIME ZONE 'UTC' AT TIME ZONE place.time_zone AS DATE),
            CAST(term.starts_at AT TIME ZONE 'UTC' AT TIME ZONE place.time_zone AS DATE) + 1
        ) AS service_end,
        CASE
            WHEN term.is_usage THEN 1
            WHEN term.is_whole OR term.is_at_price OR (term.is_at_less AND term.amount <> 0) THEN term.months
        END AS term_months,
        CASE
            WHEN term.is_usage OR term.is_whole OR term.amount = 0 THEN NULL
            -- a day belongs to one price: hours of a term's last day, which is the next one's first, are none of it
            WHEN
                CAST(term.starts_at AT TIME ZONE 'UTC' AT TIME ZONE place.time_zone AS DATE)
                = CAST(term.ends_at AT TIME ZONE 'UTC' AT TIME ZONE place.time_zone AS DATE)
                THEN 0
            WHEN term.is_at_price THEN SIGN(term.amount) * term.price * term.net / term.amount
            WHEN term.is_at_less AND term.is_at_billed_part THEN SIGN(term.net) * term.price * term.billed_part
            WHEN term.is_at_less THEN term.net * term.terms
        END AS term_amount
    FROM terms AS term
    CROSS JOIN place
),

notes AS (
    SELECT
        note.id,
        note.invoice,
        note.customer,
        UPPER(note.currency) AS currency,
        CASE
            WHEN note.status = 'issued' THEN 'posted'
            ELSE note.status
        END AS status,
        CAST(TO_TIMESTAMP(note.created) AT TIME ZONE place.time_zone AS DATE) AS posted_on,
        note.total,
        CASE WHEN JSONB_TYPEOF(note.lines -> 'data') = 'array' THEN note.lines -> 'data' ELSE '[]' END AS entries,
        COALESCE(note.lines ->> 'has_more' = 'true', FALSE)
        OR (COALESCE(JSONB_TYPEOF(note.lines -> 'data'), '') <> 'array') AS lacks_lines
    FROM credit_notes AS note
    CROSS JOIN place
    WHERE note.customer IN (SELECT flagged.id FROM flagged)
),

credits AS (
    SELECT
        note.invoice AS invoice_id,
        note.status,
        note.posted_on,
        item.line ->> 'id' AS line_id,
        item.line ->> 'invoice_line_item' AS fee_id,
        CAST(item.line ->> 'amount' AS NUMERIC) - (
            SELECT COALESCE(SUM(CAST(part.discount ->> 'amount' AS NUMERIC)), 0)
            FROM JSONB_PATH_QUERY(item.line, '$.discount_amounts[*]') AS part (discount)
        ) - (
            SELECT COALESCE(SUM(CAST(part.tax ->> 'amount' AS NUMERIC)), 0)
            FROM
                JSONB_PATH_QUERY(
                    COALESCE(NULLIF(item.line -> 'taxes', 'null'), item.line -> 'tax_amounts'), '$[*]'
                ) AS part (tax)
            WHERE part.tax ->> 'inclusive' = 'true' OR part.tax ->> 'tax_behavior' = 'inclusive'
        ) AS net
    FROM notes AS note
    CROSS JOIN LATERAL JSONB_ARRAY_ELEMENTS(note.entries) AS item (line)
),

-- the months that an invoice is for: those of its lines that recur
spans AS (
    SELECT
        fees.invoice_id,
        MIN(fees.service_start) FILTER (WHERE fees.recurs) AS first_day,
        MAX(fees.service_end) FILTER (WHERE fees.recurs) AS day_after,
        SUM(fees.discount) AS discount
    FROM fees
    GROUP BY fees.invoice_id
),

lines AS (
    SELECT
        fee.line_id,
        fee.invoice_id,
        fee.service_id,
        fee.product,
        CASE
            WHEN NOT fee.recurs THEN 'unknown reduction' -- no kind of the contract: the pull names the line
            WHEN fee.lacks_price THEN 'price missing'
            WHEN fee.net < 0 THEN 'credit'
            WHEN fee.is_usage THEN 'usage'
            ELSE 'recurring'
        END AS charge_kind,
        CASE WHEN fee.recurs THEN fee.service_start ELSE span.first_day END AS service_start,
        CASE WHEN fee.recurs THEN fee.service_end ELSE span.day_after END AS service_end,
        fee.term_months,
        fee.term_amount,
        fee.net,
        NULL AS status,
        CAST(NULL AS DATE) AS posted_on,
        NULL AS customer,
        NULL AS currency
    FROM fees AS fee
    INNER JOIN spans AS span ON fee.invoice_id = span.invoice_id
    -- an item by hand is read only where it reduces something that recurs
    WHERE fee.recurs OR (fee.net < 0 AND span.first_day IS NOT NULL)
    UNION ALL
    SELECT
        credit.line_id,
        credit.invoice_id,
        fee.service_id,
        fee.product,
        CASE WHEN fee.line_id IS NULL THEN 'unknown reduction' ELSE 'credit' END AS charge_kind,
        -- usage counts in the month in which it starts, and so does what corrects it
        CASE
            WHEN fee.line_id IS NULL THEN span.first_day
            WHEN fee.is_usage THEN CAST(DATE_TRUNC('month', fee.service_start) AS DATE)
            ELSE fee.service_start
        END AS service_start,
        CASE
            WHEN fee.line_id IS NULL THEN span.day_after
            WHEN fee.is_usage THEN CAST(DATE_TRUNC('month', fee.service_start) + INTERVAL '1 month' AS DATE)
            ELSE fee.service_end
        END AS service_end,
        fee.term_months,
        -fee.term_amount * credit.net / NULLIF(fee.net, 0) AS term_amount,
        -credit.net AS net,
        credit.status,
        credit.posted_on,
        NULL AS customer,
        NULL AS currency
    FROM credits AS credit
    LEFT JOIN fees AS fee ON credit.fee_id = fee.line_id AND credit.invoice_id = fee.invoice_id
    LEFT JOIN spans AS span ON credit.invoice_id = span.invoice_id
    WHERE fee.recurs OR (fee.line_id IS NULL AND span.first_day IS NOT NULL AND credit.net <> 0)
    UNION ALL
    SELECT
        bill.id AS line_id,
        bill.id AS invoice_id,
        NULL AS service_id,
        NULL AS product,
        CASE WHEN bill.lacks_lines THEN 'lines missing' ELSE 'unknown discount' END AS charge_kind,
        COALESCE(span.first_day, CAST(bill.invoice_from AT TIME ZONE bill.time_zone AS DATE)) AS service_start,
        COALESCE(
            span.day_after,
            GREATEST(
                CAST(bill.invoice_to AT TIME ZONE bill.time_zone AS DATE),
                CAST(bill.invoice_from AT TIME ZONE bill.time_zone AS DATE) + 1
            )
        ) AS service_end,
        NULL AS term_months,
        NULL AS term_amount,
        0 AS net,
        NULL AS status,
        NULL AS posted_on,
        NULL AS customer,
        NULL AS currency
    FROM documents AS bill
    LEFT JOIN spans AS span ON bill.id = span.invoice_id
    WHERE bill.lacks_lines OR (bill.discount <> span.discount AND span.first_day IS NOT NULL)
    UNION ALL
    SELECT
        note.id AS line_id,
        note.invoice AS invoice_id,
        NULL AS service_id,
        NULL AS product,
        CASE WHEN bill.id IS NULL THEN 'invoice missing' ELSE 'lines missing' END AS charge_kind,
        span.first_day AS service_start,
        span.day_after AS service_end,
        NULL AS term_months,
        NULL AS term_amount,
        0 AS net,
        note.status,
        note.posted_on,
        note.customer,
        note.currency
    FROM notes AS note
    LEFT JOIN documents AS bill ON note.invoice = bill.id
    LEFT JOIN spans AS span ON note.invoice = span.invoice_id
    WHERE note.total <> 0 AND (bill.id IS NULL OR (note.lacks_lines AND span.first_day IS NOT NULL))
)

SELECT
    entry.line_id,
    COALESCE(bill.customer, entry.customer) AS account_id,
    entry.service_id,
    entry.product,
    entry.charge_kind,
    entry.service_start,
    entry.service_end,
    CAST(entry.term_months AS INTEGER) AS term_months,
    CAST(CASE WHEN entry.term_months IS NOT NULL THEN ROUND(entry.term_amount * bill.hundredths) END AS BIGINT)
        AS term_amount_minor,
    CAST(entry.net * COALESCE(bill.hundredths, 1) AS BIGINT) AS net_amount_minor,
    COALESCE(bill.currency, entry.currency) AS currency,
    CASE
        WHEN COALESCE(bill.status, 'posted') = 'posted' THEN COALESCE(entry.status, 'posted')
        ELSE bill.status
    END AS document_status,
    COALESCE(entry.posted_on, bill.posted_on) AS posted_on,
    CAST(NULL AS INTEGER) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on
FROM lines AS entry
LEFT JOIN documents AS bill ON entry.invoice_id = bill.id
