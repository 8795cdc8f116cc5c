-- Contract 1 from WHMCS (MySQL or MariaDB): what was invoiced for services, add-ons, domains and usage, less discounts.
-- Grain: one row per invoice item of these, of their promotions, and of what may recur and says nothing of its period.
WITH invoices AS (
    SELECT
        invoiced.id,
        invoiced.userid,
        invoiced.date,
        invoiced.subtotal,
        money.code AS currency,
        CASE
            WHEN invoiced.status = 'Draft' THEN 'draft'
            WHEN invoiced.status IN ('Cancelled', 'Refunded') THEN 'void'
            WHEN invoiced.status IN ('Unpaid', 'Paid', 'Payment Pending', 'Collections') THEN 'posted'
            ELSE invoiced.status
        END AS document_status
    FROM tblinvoices AS invoiced
    INNER JOIN tblclients AS buyer ON invoiced.userid = buyer.id
    INNER JOIN tblclientgroups AS flag ON buyer.groupid = flag.id AND flag.groupname = 'Reseller'
    LEFT JOIN tblcurrencies AS money ON buyer.currency = money.id
),

totals AS (
    SELECT
        item.invoiceid,
        -- Where the installation's prices include tax, so do the items, and they add up to more than the subtotal. They
        -- add up to less where a line was removed by hand.
        GREATEST(SUM(item.amount) - MAX(invoices.subtotal), 0) AS tax_within,
        SUM(CASE WHEN item.taxed = 1 THEN item.amount ELSE 0 END) AS taxed_amount,
        SUM(CASE WHEN item.type = 'GroupDiscount' THEN item.amount ELSE 0 END) AS group_discount,
        SUM(CASE WHEN item.type IN ('GroupDiscount', 'LateFee') THEN 0 ELSE item.amount END) AS discounted_amount
    FROM tblinvoiceitems AS item
    INNER JOIN invoices ON item.invoiceid = invoices.id
    GROUP BY item.invoiceid
),

items AS (
    SELECT
        item.id,
        item.invoiceid,
        item.type,
        item.relid,
        item.duedate,
        item.taxed,
        item.amount,
        invoices.userid,
        invoices.date AS invoiced_on,
        invoices.currency,
        invoices.document_status,
        CASE
            WHEN item.type IN ('Hosting', 'PromoHosting', 'Usage') THEN 'hosting'
            WHEN LEFT(item.type, 14) = 'ProrataProduct' THEN 'hosting'
            WHEN item.type IN ('Addon', 'PromoAddon') OR LEFT(item.type, 12) = 'ProrataAddon' THEN 'addon'
            WHEN LEFT(item.type, 6) = 'Domain' OR item.type = 'PromoDomain' THEN 'domain'
            WHEN item.type = 'Item' THEN 'item'
        END AS product,
        -- Dates in a form of the date settings, with hyphens. Day and month cannot be told from each other by the form.
        REPLACE(
            REPLACE(
                NULLIF(
                    REGEXP_SUBSTR(
                        item.description, '[0-9]{4}[-./][0-9]{2}[-./][0-9]{2} - [0-9]{4}[-./][0-9]{2}[-./][0-9]{2}'
                    ), ''
                ), '.', '-'
            ), '/', '-'
        ) AS year_first,
        REPLACE(
            REPLACE(
                NULLIF(
                    REGEXP_SUBSTR(
                        item.description, '[0-9]{2}[-./][0-9]{2}[-./][0-9]{4} - [0-9]{2}[-./][0-9]{2}[-./][0-9]{4}'
                    ), ''
                ), '.', '-'
            ), '/', '-'
        ) AS year_last,
        -- A line that staff typed has no type and does not say what it is for. It may recur where its text comes back.
        COALESCE(
            DATEDIFF(LEAD(invoices.date) OVER by_text, invoices.date) BETWEEN 1 AND 45
            OR DATEDIFF(invoices.date, LAG(invoices.date) OVER by_text) BETWEEN 1 AND 45, FALSE
        ) AS comes_back
    FROM tblinvoiceitems AS item
    INNER JOIN invoices ON item.invoiceid = invoices.id
    WHERE
        -- paid once, paid on other invoices, or divided among the lines
        item.type NOT IN (
            'Setup', 'LateFee', 'DomainGraceFee', 'DomainRedemptionFee', 'AddFunds', 'Invoice', 'GroupDiscount'
        )
    WINDOW
        by_text AS (
            PARTITION BY invoices.userid, invoices.document_status, item.type, item.description
            ORDER BY invoices.date, item.id
        )
),

services AS (
    SELECT
        items.*,
        COALESCE(hosting.regdate, addon.regdate, registered.registrationdate) AS ordered_on,
        COALESCE(hosting.billingcycle, addon.billingcycle, '') AS billing_cycle,
        COALESCE(hosting.amount, addon.recurring) AS price,
        CASE COALESCE(hosting.billingcycle, addon.billingcycle, billable.recurcycle)
            WHEN 'Monthly' THEN 1
            WHEN 'Quarterly' THEN 3
            WHEN 'Semi-Annually' THEN 6
            WHEN 'Annually' THEN 12
            WHEN 'Biennially' THEN 24
            WHEN 'Triennially' THEN 36
            WHEN 'Months' THEN billable.recur
            WHEN 'Years' THEN billable.recur * 12
            ELSE registered.registrationperiod * 12
        END AS cycle_months,
        CASE billable.recurcycle WHEN 'Days' THEN billable.recur WHEN 'Weeks' THEN billable.recur * 7 END AS cycle_days,
        items.type IN ('PromoHosting', 'PromoAddon', 'PromoDomain') AS is_promo,
        CASE
            WHEN items.type IN ('PromoHosting', 'PromoAddon', 'PromoDomain') THEN 'credit'
            WHEN items.type = 'Usage' THEN CASE WHEN items.amount >= 0 THEN 'usage' ELSE 'credit' END
            WHEN
                items.type IN (
                    'Hosting', 'Addon', 'Domain', 'DomainRegister', 'DomainTransfer',
                    'DomainAddonDNS', 'DomainAddonEMF', 'DomainAddonIDP'
                )
                OR LEFT(items.type, 14) = 'ProrataProduct'
                OR LEFT(items.type, 12) = 'ProrataAddon'
                OR billable.recur > 0
                THEN CASE WHEN items.amount >= 0 THEN 'recurring' ELSE 'credit' END
            WHEN items.type = '' AND (items.comes_back OR COALESCE(items.year_first, items.year_last) IS NOT NULL)
                THEN 'typed'
            WHEN items.type IN ('', 'Upgrade') OR billable.id IS NOT NULL
                THEN CASE WHEN items.amount >= 0 THEN 'one_off' ELSE 'goodwill' END
            -- a type of another version or of a module, or a billable item that was deleted: never guessed
            ELSE items.type
        END AS charge_kind
    FROM items
    LEFT JOIN tblhosting AS hosting ON items.product = 'hosting' AND items.relid = hosting.id
    LEFT JOIN tblhostingaddons AS addon ON items.product = 'addon' AND items.relid = addon.id
    LEFT JOIN tbldomains AS registered ON items.product = 'domain' AND items.relid = registered.id
    LEFT JOIN tblbillableitems AS billable ON items.product = 'item' AND items.relid = billable.id
),

dates AS (
    SELECT
        services.*,
        services.charge_kind IN ('recurring', 'usage', 'credit') AS has_period,
        NOT services.is_promo AND services.type <> 'Usage' AS is_fee,
        CAST(LEFT(services.year_first, 10) AS DATE) AS ymd_start,
        CAST(RIGHT(services.year_first, 10) AS DATE) + INTERVAL 1 DAY AS ymd_end,
        -- not by STR_TO_DATE, which takes 31 June for a day on MariaDB
        CAST(
            CONCAT_WS('-', MID(services.year_last, 7, 4), MID(services.year_last, 4, 2), MID(services.year_last, 1, 2))
            AS DATE
        ) AS dmy_start,
        CAST(
            CONCAT_WS('-', RIGHT(services.year_last, 4), MID(services.year_last, 17, 2), MID(services.year_last, 14, 2))
            AS DATE
        ) + INTERVAL 1 DAY AS dmy_end,
        CAST(
            CONCAT_WS('-', MID(services.year_last, 7, 4), MID(services.year_last, 1, 2), MID(services.year_last, 4, 2))
            AS DATE
        ) AS mdy_start,
        CAST(
            CONCAT_WS('-', RIGHT(services.year_last, 4), MID(services.year_last, 14, 2), MID(services.year_last, 17, 2))
            AS DATE
        ) + INTERVAL 1 DAY AS mdy_end
    FROM services
),

months AS (
    SELECT
        dates.*,
        COALESCE(dates.dmy_start < dates.dmy_end, FALSE) AS may_be_dmy,
        COALESCE(dates.mdy_start < dates.mdy_end, FALSE) AS may_be_mdy,
        COALESCE(
            dates.dmy_end = dates.dmy_start + INTERVAL (
                (YEAR(dates.dmy_end) - YEAR(dates.dmy_start)) * 12 + MONTH(dates.dmy_end) - MONTH(dates.dmy_start)
            ) MONTH, FALSE
        ) AS is_whole_dmy,
        COALESCE(
            dates.mdy_end = dates.mdy_start + INTERVAL (
                (YEAR(dates.mdy_end) - YEAR(dates.mdy_start)) * 12 + MONTH(dates.mdy_end) - MONTH(dates.mdy_start)
            ) MONTH, FALSE
        ) AS is_whole_mdy
    FROM dates
    -- a service that is paid once or free has usage all the same
    WHERE dates.billing_cycle NOT IN ('One Time', 'Free Account', 'Free') OR dates.type = 'Usage'
),

readings AS (
    -- Which reading is meant: the only one that is a period, else the one that starts on the due date, else the one of
    -- whole months. Where that does not decide, nobody knows.
    SELECT
        months.*,
        CASE
            WHEN months.ymd_start < months.ymd_end THEN 'ymd'
            WHEN months.may_be_dmy AND NOT months.may_be_mdy THEN 'dmy'
            WHEN months.may_be_mdy AND NOT months.may_be_dmy THEN 'mdy'
            WHEN NOT months.may_be_dmy THEN 'none'
            WHEN months.dmy_start = months.mdy_start AND months.dmy_end = months.mdy_end THEN 'dmy'
            WHEN months.dmy_start <> months.mdy_start AND months.dmy_start = months.duedate THEN 'dmy'
            WHEN months.dmy_start <> months.mdy_start AND months.mdy_start = months.duedate THEN 'mdy'
            WHEN months.is_whole_dmy AND NOT months.is_whole_mdy THEN 'dmy'
            WHEN months.is_whole_mdy AND NOT months.is_whole_dmy THEN 'mdy'
            ELSE 'unclear'
        END AS reading,
        CASE
            WHEN months.cycle_days IS NOT NULL THEN months.duedate + INTERVAL months.cycle_days DAY
            ELSE months.duedate + INTERVAL months.cycle_months MONTH
        END AS cycle_end,
        LEAD(months.duedate) OVER of_service AS next_due,
        COUNT(*) OVER of_service = 1 AND LEAD(months.duedate) OVER of_service IS NULL AS is_only
    FROM months
    WINDOW
        of_service AS (
            PARTITION BY months.product, months.relid, months.is_fee, months.document_status
            ORDER BY months.duedate, months.id
        )
),

spans AS (
    SELECT
        readings.*,
        CASE readings.reading
            WHEN 'ymd' THEN readings.ymd_start
            WHEN 'dmy' THEN readings.dmy_start
            WHEN 'mdy' THEN readings.mdy_start
            ELSE readings.duedate
        END AS starts_on,
        CASE
            -- the type carries the first day after the period
            WHEN LEFT(readings.type, 14) = 'ProrataProduct' THEN CAST(SUBSTRING(readings.type, 15) AS DATE)
            WHEN LEFT(readings.type, 12) = 'ProrataAddon' THEN CAST(SUBSTRING(readings.type, 13) AS DATE)
            WHEN readings.reading = 'ymd' THEN readings.ymd_end
            WHEN readings.reading = 'dmy' THEN readings.dmy_end
            WHEN readings.reading = 'mdy' THEN readings.mdy_end
            WHEN readings.reading = 'unclear' THEN NULL
            -- the only invoice of a service, for less than its month costs: up to which day cannot be known
            WHEN
                readings.is_only
                AND readings.cycle_months = 1
                AND readings.amount > 0
                AND readings.amount < readings.price
                THEN NULL
            -- No dates: the next invoice of the service tells where a shorter period ended, and how days 29 to 31 step.
            WHEN
                readings.next_due > readings.duedate AND readings.next_due <= readings.cycle_end + INTERVAL 3 DAY
                THEN readings.next_due
            ELSE readings.cycle_end
        END AS ends_on
    FROM readings
),

lengths AS (
    SELECT
        spans.*,
        (YEAR(spans.ends_on) - YEAR(spans.starts_on)) * 12 + MONTH(spans.ends_on) - MONTH(spans.starts_on)
            AS calendar_months,
        TIMESTAMPDIFF(MONTH, spans.starts_on, spans.ends_on) AS full_months,
        DATEDIFF(spans.ends_on - INTERVAL TIMESTAMPDIFF(MONTH, spans.starts_on, spans.ends_on) MONTH, spans.starts_on)
            AS days_left
    FROM spans
),

terms AS (
    SELECT
        lengths.*,
        -- A part of a month at the service's present price, which is believed where the amount is exactly that part.
        CASE
            WHEN
                lengths.amount > 0
                AND lengths.price <> lengths.amount
                AND lengths.days_left > 0
                AND LEAST(
                    ABS(lengths.price * (lengths.full_months * 28 + lengths.days_left) / 28 - lengths.amount),
                    ABS(lengths.price * (lengths.full_months * 29 + lengths.days_left) / 29 - lengths.amount),
                    ABS(lengths.price * (lengths.full_months * 30 + lengths.days_left) / 30 - lengths.amount),
                    ABS(lengths.price * (lengths.full_months * 31 + lengths.days_left) / 31 - lengths.amount)
                ) < 0.01
                THEN lengths.price
        END AS month_price,
        CASE
            WHEN lengths.starts_on + INTERVAL lengths.calendar_months MONTH = lengths.ends_on
                THEN lengths.calendar_months
            -- from the last day of a short month back to day 29, 30 or 31
            WHEN
                lengths.starts_on = LAST_DAY(lengths.starts_on)
                AND DAYOFMONTH(lengths.ends_on) > DAYOFMONTH(lengths.starts_on)
                THEN NULLIF(lengths.calendar_months, 0)
            -- from day 29, 30 or 31 over a short month into the next one
            WHEN
                DAYOFMONTH(lengths.starts_on) > 28
                AND lengths.calendar_months > 1
                AND DATEDIFF(lengths.ends_on, lengths.starts_on + INTERVAL (lengths.calendar_months - 1) MONTH) <= 3
                THEN lengths.calendar_months - 1
        END AS whole_months
    FROM lengths
),

fees AS (
    -- a promotion has the period of the first line of its service on the invoice
    SELECT
        terms.*,
        CASE WHEN terms.is_promo THEN FIRST_VALUE(terms.starts_on) OVER of_service ELSE terms.starts_on END
            AS fee_start,
        CASE WHEN terms.is_promo THEN FIRST_VALUE(terms.ends_on) OVER of_service ELSE terms.ends_on END AS fee_end,
        CASE WHEN terms.is_promo THEN FIRST_VALUE(terms.whole_months) OVER of_service ELSE terms.whole_months END
            AS fee_months,
        CASE WHEN terms.is_promo THEN FIRST_VALUE(terms.month_price) OVER of_service ELSE terms.month_price END
            AS fee_price,
        CASE WHEN terms.is_promo THEN FIRST_VALUE(terms.amount) OVER of_service ELSE terms.amount END AS fee_amount
    FROM terms
    WINDOW
        of_service AS (
            PARTITION BY terms.invoiceid, terms.product, terms.relid ORDER BY terms.is_fee DESC, terms.id ASC
        )
),

amounts AS (
    -- Less tax and the group discount. All multiplications come before one division, which keeps few decimals here.
    SELECT
        fees.*,
        fees.amount * 100
        * CASE
            WHEN fees.taxed = 1 AND totals.taxed_amount <> 0 THEN totals.taxed_amount - totals.tax_within ELSE 1
        END
        * CASE
            WHEN totals.discounted_amount <> 0 THEN totals.discounted_amount + totals.group_discount ELSE 1
        END AS multiplied,
        CASE WHEN fees.taxed = 1 AND totals.taxed_amount <> 0 THEN totals.taxed_amount ELSE 1 END
        * CASE WHEN totals.discounted_amount <> 0 THEN totals.discounted_amount ELSE 1 END AS divisor
    FROM fees
    INNER JOIN totals ON fees.invoiceid = totals.invoiceid
)

SELECT
    CAST(amounts.id AS CHAR) AS line_id,
    CAST(amounts.userid AS CHAR) AS account_id,
    CONCAT(amounts.product, ' ', amounts.relid) AS service_id,
    amounts.product,
    amounts.charge_kind,
    CASE
        WHEN NOT amounts.has_period THEN amounts.invoiced_on
        WHEN amounts.type = 'Usage' THEN amounts.duedate
        ELSE amounts.fee_start
    END AS service_start,
    CASE
        WHEN NOT amounts.has_period THEN amounts.invoiced_on + INTERVAL 1 DAY
        WHEN amounts.type = 'Usage' THEN amounts.duedate + INTERVAL 1 MONTH
        ELSE amounts.fee_end
    END AS service_end,
    CAST(
        CASE
            WHEN amounts.type = 'Usage' OR amounts.fee_price IS NOT NULL THEN 1
            WHEN amounts.has_period THEN amounts.fee_months
        END AS SIGNED
    ) AS term_months,
    CAST(
        CASE
            WHEN amounts.type <> 'Usage' AND amounts.has_period
                THEN ROUND(amounts.multiplied * amounts.fee_price / (amounts.divisor * amounts.fee_amount))
        END AS SIGNED
    ) AS term_amount_minor,
    CAST(ROUND(amounts.multiplied / amounts.divisor) AS SIGNED) AS net_amount_minor,
    amounts.currency,
    amounts.document_status,
    amounts.invoiced_on AS posted_on,
    CAST(NULL AS SIGNED) AS discount_bp,
    amounts.ordered_on,
    CASE
        WHEN amounts.document_status <> 'posted' THEN NULL
        WHEN amounts.charge_kind = 'credit' AND NOT amounts.is_promo AND amounts.is_fee
            THEN
                CASE
                    WHEN amounts.reading = 'none' AND LEFT(amounts.type, 7) <> 'Prorata'
                        THEN
                            'gives back and has no dates: taken off the cycle from its due date on. Write the dates of'
                            ' what it gives back into its description'
                END
        WHEN amounts.charge_kind NOT IN ('one_off', 'goodwill') THEN NULL
        WHEN amounts.amount < 0
            THEN
                'has no type and no period, takes nothing off. If it gives back a fee, credit the client with a'
                ' negative line of its type and service'
        WHEN amounts.type = 'Upgrade' THEN 'an upgrade, counts nothing, although a part of it recurs'
        WHEN amounts.type = 'Item'
            THEN 'a billable item that does not recur, counts nothing. If it is for overage, count it in a copy'
        ELSE 'typed by hand, counts nothing. If it recurs, make a product or a recurring billable item of it'
    END AS doubt
FROM amounts
