-- Contract 1 from FOSSBilling (MySQL or MariaDB): what orders cost per period, less discounts and refunds.
-- Grain: one row per invoice item of an order that renews, of its discount, or that staff typed in.
WITH invoices AS (
    SELECT
        invoiced.id,
        invoiced.client_id,
        invoiced.currency,
        invoiced.status,
        invoiced.approved,
        invoiced.refund,
        invoiced.paid_at,
        invoiced.due_at,
        invoiced.created_at,
        -- A refund by credit note or negative invoice copies every item. Only its note names the refunded invoice.
        CASE
            WHEN invoiced.status = 'refunded' AND LOCATE('Refund for #', invoiced.notes) > 0
                THEN
                    CAST(
                        SUBSTRING_INDEX(
                            SUBSTRING(invoiced.notes, LOCATE('Refund for #', invoiced.notes) + 12), ' ', 1
                        ) AS SIGNED
                    )
        END AS refunded_id
    FROM invoice AS invoiced
    INNER JOIN client AS buyer ON invoiced.client_id = buyer.id
    INNER JOIN client_group AS flag ON buyer.client_group_id = flag.id AND flag.title = 'Reseller'
),

copies AS (
    SELECT DISTINCT invoices.refunded_id
    FROM invoices
    WHERE invoices.refunded_id IS NOT NULL
),

documents AS (
    SELECT
        invoices.*,
        COALESCE(invoices.refunded_id, invoices.id) AS original_id,
        invoices.refunded_id IS NOT NULL AS is_copy,
        invoices.approved = 1 AND invoices.status <> 'canceled' AS is_issued,
        CASE
            WHEN COALESCE(invoices.approved, 0) = 0 THEN 'draft'
            WHEN invoices.status = 'canceled' THEN 'void'
            WHEN copies.refunded_id IS NOT NULL AND invoices.status IN ('paid', 'unpaid', 'refunded') THEN 'posted'
            -- Staff set the status itself, so that there is no copy. A copy that lost its note is negative.
            WHEN
                invoices.status = 'refunded'
                AND invoices.refunded_id IS NULL
                AND (
                    SELECT SUM(item.price * COALESCE(item.quantity, 1))
                    FROM invoice_item AS item
                    WHERE item.invoice_id = invoices.id
                ) >= 0
                THEN 'void'
            -- No known version writes this amount, and it does not say what it gives back.
            WHEN invoices.refund <> 0 THEN CONCAT('refund of ', invoices.refund)
            WHEN invoices.status IN ('paid', 'unpaid', 'refunded') THEN 'posted'
            ELSE invoices.status
        END AS document_status
    FROM invoices
    LEFT JOIN copies ON invoices.id = copies.refunded_id
),

items AS (
    SELECT
        item.id,
        item.invoice_id,
        CAST(item.rel_id AS CHAR(20)) AS rel_id,
        item.task,
        item.status,
        item.period,
        documents.client_id,
        documents.currency,
        documents.document_status,
        documents.original_id,
        documents.is_copy,
        documents.is_issued,
        documents.paid_at,
        documents.due_at,
        documents.created_at,
        COALESCE(item.type = 'order' AND item.task IN ('activate', 'renew'), FALSE) AS is_order,
        COALESCE(item.type = 'custom', FALSE) AND COALESCE(item.unit, '') <> 'discount' AS is_typed,
        COALESCE(item.type = 'custom', FALSE) AND COALESCE(item.unit, '') = 'discount' AS is_discount,
        CONCAT_WS(' ', item.type, item.task) AS kind,
        ROUND(CAST(item.price AS DECIMAL(18, 2)) * COALESCE(item.quantity, 1) * 100) AS amount_minor,
        -- the line of its order on the invoice, by number: a discount follows the line that it is for
        GREATEST(
            SUM(
                COALESCE(item.type = 'order' AND item.task IN ('activate', 'renew'), FALSE)
                AND CASE WHEN documents.is_copy THEN item.price <= 0 ELSE item.price >= 0 END
            ) OVER (
                PARTITION BY item.invoice_id, item.rel_id ORDER BY item.id
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ), 1
        ) AS place,
        -- A fee that was given back or cancelled, and what staff typed in then, which may be the rest of it.
        MAX(
            CASE
                WHEN
                    item.type = 'order'
                    AND item.price <> 0
                    AND COALESCE(item.period, '') <> ''
                    AND (documents.is_copy OR documents.document_status = 'void')
                    THEN documents.created_at
            END
        ) OVER (
            PARTITION BY documents.client_id ORDER BY CAST(documents.created_at AS DATE)
            RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS given_back_at,
        MIN(
            CASE
                WHEN
                    item.type = 'custom'
                    AND COALESCE(item.unit, '') NOT IN ('discount', 'service')
                    AND item.price > 0
                    AND NOT documents.is_copy
                    AND documents.document_status = 'posted'
                    THEN documents.created_at
            END
        ) OVER (
            PARTITION BY documents.client_id ORDER BY CAST(documents.created_at AS DATE)
            RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS typed_at,
        -- What staff typed in says nothing of what it is for. It may recur where its title comes back.
        COALESCE(
            DATEDIFF(LEAD(documents.created_at) OVER by_title, documents.created_at) BETWEEN 1 AND 45
            OR DATEDIFF(documents.created_at, LAG(documents.created_at) OVER by_title) BETWEEN 1 AND 45, FALSE
        ) AS comes_back
    FROM invoice_item AS item
    INNER JOIN documents ON item.invoice_id = documents.id
    WHERE
        -- Paid in or paid once. The system's own line for setting up has the unit 'service'.
        COALESCE(item.type, '') NOT IN ('deposit', 'hook_call')
        AND NOT (COALESCE(item.type, '') = 'custom' AND COALESCE(item.unit, '') = 'service')
    WINDOW
        by_title AS (
            PARTITION BY documents.client_id, documents.is_copy, documents.document_status, item.type, item.title
            ORDER BY documents.created_at, item.id
        )
),

histories AS (
    -- an order's own day of activation moves when it is cancelled and activated again, its history stays
    SELECT
        kept.client_order_id,
        MIN(kept.created_at) AS active_at,
        MIN(CASE WHEN kept.notes = 'Order activated' THEN kept.created_at END) AS activated_at
    FROM client_order_status AS kept
    WHERE kept.status = 'active'
    GROUP BY kept.client_order_id
),

order_items AS (
    SELECT
        items.id,
        items.invoice_id,
        items.rel_id,
        items.task,
        items.status,
        items.period,
        items.place,
        items.is_issued,
        items.paid_at,
        items.due_at,
        items.created_at,
        ordered.service_type,
        ordered.created_at AS ordered_at,
        ordered.expires_at,
        ordered.activated_at,
        histories.active_at,
        COALESCE(histories.activated_at, ordered.activated_at) AS first_activated_at,
        CAST(LEFT(items.period, CHAR_LENGTH(items.period) - 1) AS UNSIGNED) AS period_count,
        CAST(LEFT(items.period, CHAR_LENGTH(items.period) - 1) AS UNSIGNED)
        * CASE RIGHT(items.period, 1) WHEN 'M' THEN 1 WHEN 'Y' THEN 12 END AS months,
        -- due a whole number of days after the invoice was made: a payment deadline, not the day of renewal
        COALESCE(MOD(TIMESTAMPDIFF(SECOND, items.created_at, items.due_at) + 5, 86400) BETWEEN 0 AND 10, FALSE)
            AS is_deadline
    FROM items
    LEFT JOIN client_order AS ordered ON CAST(items.rel_id AS UNSIGNED) = ordered.id
    LEFT JOIN histories ON ordered.id = histories.client_order_id
    WHERE items.is_order AND items.amount_minor >= 0 AND NOT items.is_copy
),

chains AS (
    -- what an order's other invoices tell about this one
    SELECT
        order_items.*,
        COALESCE(SUM(CASE WHEN order_items.is_issued THEN order_items.months END) OVER earlier, 0) AS months_before,
        COALESCE(SUM(order_items.is_issued) OVER earlier, 0) AS times_before,
        COALESCE(SUM(order_items.months) OVER earlier_on_invoice, 0) AS months_before_on_invoice,
        MAX(order_items.task = 'activate') OVER on_invoice AS is_activated_by_invoice,
        MAX(order_items.task = 'activate') OVER whole AS is_activated_by_order,
        MIN(order_items.created_at) OVER whole AS first_created_at,
        MIN(order_items.paid_at) OVER whole AS first_paid_at,
        FIRST_VALUE(order_items.status) OVER by_number AS first_status,
        -- the next renewal is due on the day on which this period ends, which is also the end of the order so far
        CASE
            WHEN LEAD(order_items.id) OVER by_number IS NOT NULL
                THEN LEAD(CASE WHEN NOT order_items.is_deadline THEN order_items.due_at END) OVER by_number
            WHEN order_items.status = 'executed' THEN order_items.expires_at
        END AS ends_at
    FROM order_items
    WINDOW
        whole AS (PARTITION BY order_items.rel_id),
        by_number AS (PARTITION BY order_items.rel_id ORDER BY order_items.id),
        earlier AS (
            PARTITION BY order_items.rel_id ORDER BY order_items.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        on_invoice AS (PARTITION BY order_items.rel_id, order_items.invoice_id),
        earlier_on_invoice AS (
            PARTITION BY order_items.rel_id, order_items.invoice_id ORDER BY order_items.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        )
),

started AS (
    SELECT
        chains.*,
        -- when the order's first period began
        COALESCE(
            LEAST(chains.active_at, COALESCE(chains.activated_at, chains.active_at)),
            -- without a history: an activation after the first period that was paid for is not the first one
            CASE
                WHEN
                    chains.first_paid_at IS NULL
                    OR chains.activated_at < chains.first_paid_at + INTERVAL COALESCE(chains.months, 1) MONTH
                    THEN chains.activated_at
            END,
            chains.first_paid_at
        ) AS started_at
    FROM chains
),

starts AS (
    SELECT
        started.*,
        -- Staff activated the order without an invoice, or after its first invoice, which then renewed it once more.
        NOT started.is_activated_by_order
        AND COALESCE(
            started.started_at < started.first_created_at
            OR (started.first_status = 'executed' AND started.first_activated_at <= started.started_at), FALSE
        ) AS begins_free,
        -- the periods before a cancellation and those after it are no chain
        COALESCE(
            started.started_at + INTERVAL 1 DAY < started.activated_at
            AND started.activated_at < started.created_at, FALSE
        ) AS is_restarted
    FROM started
),

periods AS (
    SELECT
        starts.*,
        starts.task = 'activate'
        OR (starts.times_before = 0 AND NOT starts.is_activated_by_order AND NOT starts.begins_free) AS is_first,
        CAST(
            CASE
                WHEN
                    starts.task = 'activate'
                    OR (starts.times_before = 0 AND NOT starts.is_activated_by_order AND NOT starts.begins_free)
                    THEN COALESCE(starts.started_at, starts.created_at)
                WHEN
                    starts.months IS NOT NULL
                    AND starts.started_at IS NOT NULL
                    AND (starts.is_deadline OR starts.is_activated_by_invoice)
                    THEN
                        CASE
                            WHEN NOT starts.is_restarted
                                THEN
                                    starts.started_at
                                    + INTERVAL (
                                        starts.months_before
                                        + CASE WHEN starts.begins_free THEN starts.months ELSE 0 END
                                    ) MONTH
                        END
                -- A setting lets periods start on the day of payment. It is encrypted, but the end of the period tells.
                -- The system's months may run over by three days.
                WHEN
                    ABS(DATEDIFF(starts.ends_at, starts.paid_at + INTERVAL starts.months MONTH)) <= 3
                    AND ABS(DATEDIFF(starts.ends_at, starts.paid_at + INTERVAL starts.months MONTH))
                    < ABS(DATEDIFF(starts.ends_at, starts.due_at + INTERVAL starts.months MONTH))
                    THEN starts.paid_at
                ELSE starts.due_at + INTERVAL starts.months_before_on_invoice MONTH
            END AS DATE
        ) AS starts_on
    FROM starts
)

SELECT
    CAST(items.id AS CHAR) AS line_id,
    CAST(items.client_id AS CHAR) AS account_id,
    items.rel_id AS service_id,
    periods.service_type AS product,
    CASE
        WHEN items.is_typed AND items.comes_back AND NOT items.is_copy THEN 'custom'
        WHEN items.is_typed AND items.amount_minor < 0 AND NOT items.is_copy THEN 'goodwill'
        WHEN items.is_typed THEN 'one_off'
        WHEN items.is_order AND items.amount_minor >= 0 THEN 'recurring'
        WHEN items.is_order OR items.is_discount THEN 'credit'
        WHEN LEFT(items.kind, 5) = 'order' AND COALESCE(items.period, '') = '' THEN 'one_off'
        -- of a module or another version: never guessed
        ELSE items.kind
    END AS charge_kind,
    CASE
        WHEN items.is_order OR items.is_discount THEN periods.starts_on
        ELSE CAST(items.created_at AS DATE)
    END AS service_start,
    CASE
        WHEN NOT (items.is_order OR items.is_discount) THEN CAST(items.created_at AS DATE) + INTERVAL 1 DAY
        ELSE
            CASE RIGHT(periods.period, 1)
                WHEN 'D' THEN periods.starts_on + INTERVAL periods.period_count DAY
                WHEN 'W' THEN periods.starts_on + INTERVAL periods.period_count WEEK
                ELSE periods.starts_on + INTERVAL periods.months MONTH
            END
    END AS service_end,
    -- days and weeks are no whole months: their amount pays for exactly the period
    CAST(periods.months AS SIGNED) AS term_months,
    CAST(items.amount_minor AS SIGNED) AS net_amount_minor,
    items.currency,
    CASE
        WHEN items.document_status = 'posted' AND periods.is_first AND periods.started_at IS NULL THEN 'draft'
        ELSE items.document_status
    END AS document_status,
    CAST(items.created_at AS DATE) AS posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    CAST(periods.ordered_at AS DATE) AS ordered_on,
    CASE
        WHEN items.document_status NOT IN ('posted', 'void') THEN NULL
        WHEN
            items.is_order
            AND items.period <> ''
            AND items.amount_minor <> 0
            AND (items.is_copy OR items.document_status = 'void')
            THEN
                CASE
                    WHEN DATEDIFF(items.typed_at, items.created_at) <= 62
                        THEN
                            'given back or cancelled, and staff typed a line by hand within two months: if that bills'
                            ' the rest, it counts nothing. Make a renewal invoice of the order for the rest'
                END
        WHEN NOT items.is_typed OR items.is_copy OR items.document_status = 'void' THEN NULL
        WHEN items.amount_minor < 0
            THEN 'typed by hand, takes nothing off. If it gives back a fee, make a credit note'
        WHEN DATEDIFF(items.created_at, items.given_back_at) <= 62
            THEN
                'typed by hand within two months after a fee was given back or cancelled: if it bills the rest, it'
                ' counts nothing. Make a renewal invoice of the order for the rest'
        ELSE 'typed by hand, counts nothing. If it recurs, make an order of it'
    END AS doubt
FROM items
LEFT JOIN periods
    ON
        items.original_id = periods.invoice_id
        AND items.rel_id = periods.rel_id
        AND items.place = periods.place
        AND (items.is_order OR items.is_discount)
WHERE
    -- An order without a period is paid once and left out. A row that belongs to no order stays, to be found faulty.
    periods.id IS NULL
    OR periods.period <> ''
