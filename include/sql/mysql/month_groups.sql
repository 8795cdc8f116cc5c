-- Grain: one row per account, currency and shape, of the lines that overlap the month, in no order.
-- A shape is one whole number; lines with the same shape count in the same way:
-- way + kind * 100000000 + status * 10000000 + number, with codes of the first three. The way (rule 2) is 0 where the
-- amount pays for the whole term, the number then its months, or 0 for a metered line that starts before the month;
-- `this_period`, with the days of the period, where the term is empty; `piece` for a piece of a term, with its months.
-- minor_days is the sum of each line's amount times the days of the month that it covers; of a piece the amount is the
-- price of its whole term.
-- The shape is NULL for a doubtful line, and where the period seems longer or shorter than the whole term: the lines of
-- that account are then read one by one. Periods are compared in months of 31 days, which misses none: see
-- `is_longer_than_term`.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line),
-- posted (a status), this_period and piece (codes of ways), cut (a longer text is cut there).
-- Lists: kind with kind_code, status with status_code, never_negative, metered and with_term (kinds).
-- A sum that no column holds is NULL: a cast would make it the largest number that there is.
-- BINARY groups and compares keys by their bytes, so that 'Muller' differs from 'MUELLER' and 'a' from 'a '.
-- The bytes are UTF-8: a column in another character set is converted before this statement runs.
-- MySQL can store a date that is not in the calendar, such as 2015-06-31 or 2015-00-00. Converted to a number of days
-- and back, such a date becomes another date or NULL.
-- Lines that end in `of orders` are only in the statement `month_groups_of_orders`: one row per account, currency,
-- shape and order, told as DAY/DISCOUNT/PRODUCT, with -1 for a discount that cannot be relied on. Those that end in
-- `of orders and ends` are only in `month_groups_of_orders_and_ends`: the ends of services are kept apart too.
SELECT -- noqa: ST06, in the order of the grain
    CONCAT( -- of orders
        COALESCE(CAST(order_day AS CHAR), ''), -- of orders
        '/', -- of orders
        COALESCE(CAST(given AS CHAR), ''), -- of orders
        '/', -- of orders
        COALESCE(LEFT(product_name, :cut), '') -- of orders
    ) AS orders, -- of orders
    CAST(service_end AS CHAR) AS service_end, -- of orders and ends
    LEFT(account_id, :cut) AS account_id,
    LEFT(currency, :cut) AS currency,
    shape,
    COUNT(*) AS line_count,
    CAST(SUM(CASE WHEN shape IS NOT NULL THEN net_amount_minor END) AS SIGNED) AS net_amount_minor,
    CASE
        WHEN
            SUM(CASE WHEN shape IS NOT NULL THEN minor_days END) BETWEEN -9223372036854775807 AND 9223372036854775807
            THEN CAST(SUM(CASE WHEN shape IS NOT NULL THEN minor_days END) AS SIGNED)
    END AS minor_days
FROM (
    SELECT -- noqa: ST06, what is of orders first
        CAST(product AS BINARY) AS product_name, -- of orders
        ordered_on AS order_day, -- of orders
        CASE -- of orders
            WHEN ordered_on > posted_on THEN -1 -- of orders
            WHEN discount_bp IS NULL THEN NULL -- of orders
            WHEN -- of orders
                discount_bp BETWEEN 0 AND 9999 -- of orders
                AND discount_bp = FLOOR(discount_bp) -- of orders
                THEN CAST(discount_bp AS SIGNED) -- of orders
            ELSE -1 -- of orders
        END AS given, -- of orders
        service_end, -- of orders and ends
        net_amount_minor,
        CAST(account_id AS BINARY) AS account_id,
        CAST(currency AS BINARY) AS currency,
        CAST(COALESCE(term_amount_minor, net_amount_minor) AS DECIMAL(30))
        * CASE
            WHEN CAST(charge_kind AS BINARY) IN (:metered) THEN :days
            ELSE
                DATEDIFF(
                    LEAST(service_end, CAST(:next_first_day AS DATE)),
                    GREATEST(service_start, CAST(:first_day AS DATE))
                )
        END AS minor_days,
        CASE
            WHEN
                net_amount_minor BETWEEN :smallest AND :largest
                AND (net_amount_minor >= 0 OR CAST(charge_kind AS BINARY) NOT IN (:never_negative))
                AND net_amount_minor = FLOOR(net_amount_minor)
                AND service_start >= '1970-01-01'
                AND service_start < service_end
                AND service_end < '2200-01-01'
                AND FROM_DAYS(TO_DAYS(service_start)) = service_start
                AND FROM_DAYS(TO_DAYS(service_end)) = service_end
                THEN
                    CASE
                        WHEN term_amount_minor IS NULL AND term_months IS NOT NULL
                            THEN
                                CASE
                                    WHEN
                                        term_months BETWEEN 1 AND 999
                                        AND term_months = FLOOR(term_months)
                                        AND (term_months = 1 OR CAST(charge_kind AS BINARY) NOT IN (:metered))
                                        AND (
                                            (
                                                service_start = :first_day
                                                AND service_end = :next_first_day
                                                AND term_months = 1
                                            )
                                            OR CAST(charge_kind AS BINARY) NOT IN (:with_term)
                                            OR (
                                                (YEAR(service_end) - YEAR(service_start)) * 12
                                                + MONTH(service_end)
                                                - MONTH(service_start)
                                                - CAST(term_months AS SIGNED)
                                            ) * 31
                                            + DAYOFMONTH(service_end)
                                            - DAYOFMONTH(service_start) BETWEEN -2 AND 7
                                        )
                                        THEN
                                            CASE
                                                WHEN
                                                    service_start < :first_day
                                                    AND CAST(charge_kind AS BINARY) IN (:metered)
                                                    THEN 0
                                                ELSE CAST(term_months AS SIGNED)
                                            END
                                END
                        WHEN CAST(charge_kind AS BINARY) IN (:metered) THEN NULL
                        WHEN term_amount_minor IS NULL
                            THEN
                                CASE
                                    WHEN
                                        CAST(charge_kind AS BINARY) IN (:with_term)
                                        AND CAST(document_status AS BINARY) = :posted
                                        THEN :this_period + DATEDIFF(service_end, service_start)
                                    ELSE 1
                                END
                        WHEN
                            term_months BETWEEN 1 AND 999
                            AND term_months = FLOOR(term_months)
                            AND term_amount_minor BETWEEN :smallest AND :largest
                            AND term_amount_minor = FLOOR(term_amount_minor)
                            AND (term_amount_minor >= 0 OR CAST(charge_kind AS BINARY) NOT IN (:never_negative))
                            AND (
                                (term_amount_minor >= 0 AND net_amount_minor >= 0)
                                OR (term_amount_minor <= 0 AND net_amount_minor <= 0)
                            )
                            THEN
                                CAST(term_months AS SIGNED)
                                + CASE
                                    WHEN
                                        CAST(charge_kind AS BINARY) IN (:with_term)
                                        AND CAST(document_status AS BINARY) = :posted
                                        THEN :piece
                                    ELSE 0
                                END
                    END
                    + CASE CAST(charge_kind AS BINARY)
                        WHEN :kind THEN :kind_code
                    END * 100000000
                    + CASE CAST(document_status AS BINARY)
                        WHEN :status THEN :status_code
                    END * 10000000
        END AS shape
    FROM program_mrr_line
    WHERE
        service_end > :first_day
        AND (
            service_start < :next_first_day
            OR service_end < :next_first_day
            OR service_start IS NULL
        )
) AS month_lines
GROUP BY
    account_id,
    currency,
    product_name, -- of orders
    order_day, -- of orders
    given, -- of orders
    service_end, -- of orders and ends
    shape
