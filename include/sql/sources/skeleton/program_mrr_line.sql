-- Contract 1 from OUR SYSTEM, the same on PostgreSQL, MySQL and MariaDB.
-- Grain: one row per invoice item. `sold` is the item that a credit note or a discount corrects.
WITH items AS (
    SELECT
        -- FILL IN: an id that no other line ever has. Where two tables give lines, put a letter before each id.
        CONCAT(item.id, '') AS line_id,
        CONCAT(invoice.customer_id, '') AS account_id,
        CONCAT(item.contract_id, '') AS service_id,
        item.product,
        -- FILL IN: a kind for each type that you know. A type that nobody knows stays as it is: a fault by its number.
        CASE
            WHEN invoice.type = 'credit note' AND COALESCE(sold.type, item.type) IN ('fee', 'usage') THEN 'credit'
            WHEN item.type = 'fee' THEN 'recurring'
            WHEN item.type = 'discount' THEN 'credit'
            ELSE item.type -- here usage, setup, deposit and tax are called as in contract 1
        END AS charge_kind,
        COALESCE(sold.type, item.type) AS kind_of_service,
        -- FILL IN: the first day, and the day after the last one. What corrects an item and has no dates of its own has
        -- the dates of that item. A missing date stays missing. A moment becomes a day in the time zone of the entity.
        COALESCE(item.first_day, sold.first_day) AS starts_on,
        CAST(COALESCE(item.last_day, sold.last_day) + INTERVAL '1' DAY AS DATE) AS ends_on,
        -- FILL IN: without tax, after discounts, negative where it gives back. Of a discount on the whole invoice each
        -- item has its part.
        CASE WHEN invoice.type = 'credit note' THEN -1 ELSE 1 END
        * item.net * (100 - COALESCE(invoice.discount_percent, 0)) / 100 AS net,
        -- of what is a correction's net amount a part: only where it takes its dates from the corrected item
        CASE WHEN item.first_day IS NULL THEN sold.net * (100 - COALESCE(sold_on.discount_percent, 0)) / 100 END
            AS sold_net,
        -- FILL IN, where it is known: the price of a whole term at this item's price, and its months.
        contract.price * (100 - COALESCE(sold_on.discount_percent, invoice.discount_percent, 0)) / 100 AS term_price,
        contract.months AS term_length,
        invoice.currency,
        -- FILL IN: each state that you know. One that nobody knows stays as it is.
        CASE
            WHEN invoice.state IN ('sent', 'paid', 'overdue') THEN 'posted'
            WHEN invoice.state = 'draft' THEN 'draft'
            WHEN invoice.state = 'cancelled' THEN 'void'
            ELSE invoice.state
        END AS document_status,
        invoice.issued_on
    FROM bill_item AS item
    INNER JOIN bill AS invoice ON item.bill_id = invoice.id
    INNER JOIN customer ON invoice.customer_id = customer.id
    -- what may be missing (a deleted contract, an item without a number) is joined by LEFT JOIN: it must cost no line
    LEFT JOIN bill_item AS sold ON item.corrects_id = sold.id
    LEFT JOIN bill AS sold_on ON sold.bill_id = sold_on.id
    LEFT JOIN contract ON COALESCE(sold.contract_id, item.contract_id) = contract.id
    WHERE customer.category = 'reseller' -- FILL IN: the mark, as in the other query
),

periods AS (
    -- Leave this as it is: whole months end on the day of the month on which they start, or on a shorter month's last.
    SELECT
        *,
        CASE
            WHEN
                EXTRACT(DAY FROM starts_on) = EXTRACT(DAY FROM ends_on)
                OR (
                    EXTRACT(DAY FROM starts_on) > EXTRACT(DAY FROM ends_on)
                    AND EXTRACT(DAY FROM ends_on + INTERVAL '1' DAY) = 1
                )
                OR (
                    EXTRACT(DAY FROM starts_on) < EXTRACT(DAY FROM ends_on)
                    AND EXTRACT(DAY FROM starts_on + INTERVAL '1' DAY) = 1
                )
                THEN
                    NULLIF(
                        (EXTRACT(YEAR FROM ends_on) - EXTRACT(YEAR FROM starts_on)) * 12
                        + EXTRACT(MONTH FROM ends_on) - EXTRACT(MONTH FROM starts_on),
                        0
                    )
        END AS whole_months
    FROM items
),

ways AS (
    -- FILL IN, where the price of a term is known: which items pay for a piece of it. Here: a fee whose dates are no
    -- whole months. Without such prices leave FALSE: these items then pay for exactly their days.
    SELECT
        *,
        kind_of_service = 'fee' AND whole_months IS NULL AND term_price IS NOT NULL AND term_length >= 1 AS is_piece
    FROM periods
)

SELECT
    line_id,
    account_id,
    service_id,
    product,
    charge_kind,
    starts_on AS service_start,
    -- usage counts whole in the month in which it starts. What corrects it is subtracted there: it has that day alone.
    CASE
        WHEN kind_of_service = 'usage' AND charge_kind <> 'usage' THEN CAST(starts_on + INTERVAL '1' DAY AS DATE)
        ELSE ends_on
    END AS service_end,
    -- a: the amount pays for a whole term of so many months. b: for a piece of one, whose price is in the next column.
    -- c: empty, where it pays for exactly this period.
    CASE
        WHEN charge_kind = 'usage' THEN 1
        WHEN kind_of_service = 'usage' THEN NULL
        WHEN is_piece THEN term_length
        ELSE whole_months
    END AS term_months,
    -- of what corrects a piece of a term, the same part as of the piece
    CASE WHEN is_piece THEN ROUND(100 * term_price * net / NULLIF(COALESCE(sold_net, ABS(net)), 0)) END
        AS term_amount_minor,
    ROUND(net * 100) AS net_amount_minor, -- hundredths in every currency, also in those without cents
    currency,
    document_status,
    issued_on AS posted_on,
    CAST(NULL AS DECIMAL(5, 0)) AS discount_bp, -- the partner's discount that was really given, where it is known
    CAST(NULL AS DATE) AS ordered_on -- the day of the order, where it is known
FROM ways
