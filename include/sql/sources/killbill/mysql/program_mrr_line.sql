-- Contract 1 from Kill Bill on MySQL or MariaDB: recurring fees and usage, and what corrects them.
-- Grain: one row per invoice item, or a row for each part (head, whole months, tail) of a pro-rated item.
WITH flagged AS (
    SELECT tag.object_id AS account_id
    FROM tags AS tag
    INNER JOIN tag_definitions AS flag ON tag.tag_definition_id = flag.id
    WHERE tag.object_type = 'ACCOUNT' AND tag.is_active AND flag.is_active AND flag.name = 'RESELLER'
),

items AS (
    SELECT
        item.id AS item_id,
        customer.id AS account_id,
        item.subscription_id AS service_id,
        COALESCE(item.product_name, item.plan_name) AS product,
        CASE item.type WHEN 'RECURRING' THEN 'recurring' WHEN 'USAGE' THEN 'usage' ELSE 'credit' END AS charge_kind,
        -- an adjustment belongs to the period of the item it corrects. Usage counts in the month in which it starts.
        CASE
            WHEN item.type <> 'ITEM_ADJ' THEN item.start_date
            WHEN linked.type = 'USAGE' THEN linked.start_date - INTERVAL (DAYOFMONTH(linked.start_date) - 1) DAY
            ELSE linked.start_date
        END AS starts_on,
        CASE
            WHEN item.type <> 'ITEM_ADJ' THEN item.end_date
            WHEN linked.type = 'USAGE' THEN LAST_DAY(linked.start_date) + INTERVAL 1 DAY
            ELSE linked.end_date
        END AS ends_on,
        ROUND(item.amount * 100) AS amount_minor,
        item.currency,
        CASE invoice.status
            WHEN 'COMMITTED' THEN 'posted' WHEN 'DRAFT' THEN 'draft' WHEN 'VOID' THEN 'void' ELSE invoice.status
        END AS document_status,
        invoice.invoice_date AS posted_on
    FROM invoice_items AS item
    INNER JOIN invoices AS invoice ON item.invoice_id = invoice.id
    INNER JOIN accounts AS customer ON COALESCE(item.child_account_id, item.account_id) = customer.id
    LEFT JOIN invoice_items AS linked ON item.linked_item_id = linked.id
    WHERE
        customer.tenant_record_id = 1 -- one tenant is one legal entity, see README
        AND NOT invoice.parent_invoice
        AND (
            item.type IN ('RECURRING', 'USAGE', 'REPAIR_ADJ')
            OR (item.type = 'ITEM_ADJ' AND linked.type IN ('RECURRING', 'USAGE'))
        )
        AND (
            customer.id IN (SELECT flagged.account_id FROM flagged)
            OR customer.parent_account_id IN (SELECT flagged.account_id FROM flagged)
        )
),

-- The LIMIT leaves nothing out. Without it the server would copy each expression into the next ones.
calendar AS (
    SELECT
        items.*,
        items.starts_on - INTERVAL (DAYOFMONTH(items.starts_on) - 1) DAY AS first_month,
        items.ends_on - INTERVAL (DAYOFMONTH(items.ends_on) - 1) DAY AS last_month,
        DAYOFMONTH(items.starts_on) AS start_day,
        DAYOFMONTH(items.ends_on) AS end_day,
        DAYOFMONTH(LAST_DAY(items.starts_on)) AS first_month_days,
        DAYOFMONTH(LAST_DAY(items.ends_on)) AS last_month_days,
        (YEAR(items.ends_on) - YEAR(items.starts_on)) * 12
        + MONTH(items.ends_on) - MONTH(items.starts_on) AS months
    FROM items
    LIMIT 18446744073709551615 -- noqa: AM09, all rows
),

periods AS (
    SELECT
        calendar.*,
        -- whole months: the period ends on the day of the month on which it starts, or on a shorter month's last day
        calendar.charge_kind = 'usage'
        OR COALESCE(calendar.ends_on <= calendar.starts_on, TRUE)
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

stretches AS (
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
    CASE WHEN weight = whole_weight THEN item_id ELSE CONCAT(item_id, '/', part) END AS line_id,
    account_id,
    service_id,
    product,
    charge_kind,
    CAST(
        CASE
            WHEN part = 3 THEN last_month
            WHEN is_whole THEN starts_on
            WHEN part = 1 OR is_in_one_month OR start_day = 1 THEN first_month
            ELSE first_month + INTERVAL 1 MONTH
        END AS DATE
    ) AS service_start,
    CAST(
        CASE
            WHEN part = 3 THEN last_month + INTERVAL 1 MONTH
            WHEN is_whole THEN ends_on
            WHEN part = 1 OR is_in_one_month THEN first_month + INTERVAL 1 MONTH
            ELSE last_month
        END AS DATE
    ) AS service_end,
    CASE
        WHEN part IN (1, 3) OR charge_kind = 'usage' OR is_in_one_month THEN 1
        WHEN is_whole OR start_day = 1 THEN months
        ELSE months - 1
    END AS term_months,
    -- each part is the rounded running total less the one before it, so that the parts add up to the item
    CAST(
        ROUND(amount_minor * (weight_before + weight) / whole_weight)
        - ROUND(amount_minor * weight_before / whole_weight) AS SIGNED
    ) AS net_amount_minor,
    currency,
    document_status,
    posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    CAST(NULL AS DATE) AS ordered_on
FROM parts
WHERE weight > 0
