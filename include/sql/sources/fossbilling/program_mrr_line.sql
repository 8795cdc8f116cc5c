-- Contract 1 from FOSSBilling (MySQL or MariaDB): what orders cost per period, less discounts and refunds.
-- Grain: one row per invoice item of an order that renews, and one more if part of the invoice was refunded by hand.
WITH copies AS (
    -- A refund by credit note or negative invoice copies every item. Only its note names the refunded invoice.
    SELECT
        copied.id,
        CAST(
            SUBSTRING_INDEX(SUBSTRING(copied.notes, LOCATE('Refund for #', copied.notes) + 12), ' ', 1) AS UNSIGNED
        ) AS refunded_id
    FROM invoice AS copied
    WHERE copied.status = 'refunded' AND LOCATE('Refund for #', copied.notes) > 0
),

order_items AS (
    SELECT
        item.id,
        item.invoice_id,
        item.rel_id,
        item.task,
        item.period,
        ordered.service_type,
        ordered.created_at AS ordered_at,
        ordered.activated_at,
        invoiced.paid_at,
        invoiced.due_at,
        invoiced.created_at,
        invoiced.approved = 1 AND invoiced.status <> 'canceled' AS is_issued,
        CAST(LEFT(item.period, CHAR_LENGTH(item.period) - 1) AS UNSIGNED)
        * CASE RIGHT(item.period, 1) WHEN 'M' THEN 1 WHEN 'Y' THEN 12 END AS months
    FROM invoice_item AS item
    INNER JOIN invoice AS invoiced ON item.invoice_id = invoiced.id
    LEFT JOIN client_order AS ordered ON CAST(item.rel_id AS UNSIGNED) = ordered.id
    LEFT JOIN copies ON invoiced.id = copies.id
    WHERE item.type = 'order' AND item.task IN ('activate', 'renew') AND item.price >= 0 AND copies.id IS NULL
),

chains AS (
    -- for how many months the order was invoiced before this item, counted from its activation
    SELECT
        order_items.*,
        COALESCE(
            SUM(CASE WHEN order_items.is_issued THEN order_items.months END) OVER (
                PARTITION BY order_items.rel_id ORDER BY order_items.id
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0
        )
        + CASE
            WHEN MAX(order_items.task = 'activate') OVER (PARTITION BY order_items.rel_id) = 0 THEN order_items.months
            ELSE 0
        END AS months_before
    FROM order_items
),

periods AS (
    SELECT
        chains.*,
        chains.task = 'activate' AND chains.activated_at IS NULL AND chains.paid_at IS NULL AS never_started,
        CAST(
            CASE
                WHEN chains.task = 'activate' THEN COALESCE(chains.activated_at, chains.paid_at, chains.created_at)
                -- due a whole number of days after the invoice was made: a payment deadline, not the day of renewal
                WHEN
                    chains.activated_at IS NOT NULL
                    AND chains.months IS NOT NULL
                    AND MOD(TIMESTAMPDIFF(SECOND, chains.created_at, chains.due_at) + 5, 86400) BETWEEN 0 AND 10
                    THEN chains.activated_at + INTERVAL chains.months_before MONTH
                ELSE chains.due_at
            END AS DATE
        ) AS starts_on
    FROM chains
),

hand_refunds AS (
    -- the amount of an invoice, tax included, that was refunded without a document
    SELECT
        invoiced.id,
        CAST(MAX(invoiced.refund) AS DECIMAL(18, 2)) AS refund,
        SUM(CAST(item.price AS DECIMAL(18, 2)) * item.quantity)
        + ROUND(
            SUM(CASE WHEN item.taxed = 1 THEN CAST(item.price AS DECIMAL(18, 2)) * item.quantity ELSE 0 END)
            * CAST(COALESCE(NULLIF(MAX(invoiced.taxrate), ''), '0') AS DECIMAL(9, 4)) / 100, 2
        ) AS total
    FROM invoice AS invoiced
    INNER JOIN invoice_item AS item ON invoiced.id = item.invoice_id
    WHERE
        invoiced.refund > 0
        AND invoiced.id NOT IN (SELECT copies.id FROM copies)
        AND invoiced.id NOT IN (SELECT copies.refunded_id FROM copies)
    GROUP BY invoiced.id
    HAVING total > 0
),

numbers AS (
    SELECT 1 AS part
    UNION ALL
    SELECT 2 AS part
)

SELECT
    CASE numbers.part WHEN 1 THEN CAST(item.id AS CHAR) ELSE CONCAT(item.id, '/refund') END AS line_id,
    CAST(buyer.id AS CHAR) AS account_id,
    item.rel_id AS service_id,
    periods.service_type AS product,
    CASE WHEN item.type = 'order' AND item.price >= 0 AND numbers.part = 1 THEN 'recurring' ELSE 'credit' END
        AS charge_kind,
    -- a fee per week or day counts in full in the month in which the week or day starts
    CASE
        WHEN RIGHT(periods.period, 1) IN ('W', 'D')
            THEN periods.starts_on - INTERVAL (DAYOFMONTH(periods.starts_on) - 1) DAY
        ELSE periods.starts_on
    END AS service_start,
    CASE
        WHEN RIGHT(periods.period, 1) IN ('W', 'D') THEN LAST_DAY(periods.starts_on) + INTERVAL 1 DAY
        ELSE periods.starts_on + INTERVAL periods.months MONTH
    END AS service_end,
    CASE WHEN RIGHT(periods.period, 1) IN ('W', 'D') THEN 1 ELSE CAST(periods.months AS SIGNED) END AS term_months,
    CAST(
        CASE numbers.part
            WHEN 1 THEN ROUND(CAST(item.price AS DECIMAL(18, 2)) * COALESCE(item.quantity, 1) * 100)
            ELSE
                -ROUND(
                    CAST(item.price AS DECIMAL(18, 2)) * COALESCE(item.quantity, 1) * 100
                    * LEAST(hand_refunds.refund, hand_refunds.total) / hand_refunds.total
                )
        END AS SIGNED
    ) AS net_amount_minor,
    invoiced.currency,
    CASE
        WHEN COALESCE(invoiced.approved, 0) = 0 OR periods.never_started THEN 'draft'
        WHEN invoiced.status = 'canceled' THEN 'void'
        WHEN invoiced.status IN ('paid', 'unpaid', 'refunded') THEN 'posted'
        ELSE invoiced.status
    END AS document_status,
    CAST(invoiced.created_at AS DATE) AS posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    CAST(periods.ordered_at AS DATE) AS ordered_on
FROM invoice_item AS item
INNER JOIN invoice AS invoiced ON item.invoice_id = invoiced.id
INNER JOIN client AS buyer ON invoiced.client_id = buyer.id
INNER JOIN client_group AS flag ON buyer.client_group_id = flag.id AND flag.title = 'Reseller'
LEFT JOIN copies ON invoiced.id = copies.id
LEFT JOIN periods
    ON COALESCE(copies.refunded_id, item.invoice_id) = periods.invoice_id AND item.rel_id = periods.rel_id
LEFT JOIN hand_refunds ON invoiced.id = hand_refunds.id
INNER JOIN numbers
    ON numbers.part = 1 OR hand_refunds.id IS NOT NULL
WHERE
    (
        (item.type = 'order' AND item.task IN ('activate', 'renew'))
        OR (item.type = 'custom' AND item.unit = 'discount' AND item.rel_id <> '')
    )
    -- An order without a period is paid once and left out. A row that belongs to no order stays, to be found faulty.
    AND (periods.id IS NULL OR periods.period <> '')
