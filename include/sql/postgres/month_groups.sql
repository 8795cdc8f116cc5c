-- Grain: one row per account, currency and shape, of the lines that overlap the month, in no order.
-- A shape is one whole number; lines with the same shape count in the same way:
-- way + kind * 100000000 + status * 10000000 + number, with codes of the first three. The way (rule 2) is 0 where the
-- amount pays for the whole term, the number then its months, or 0 for a metered line that starts before the month;
-- `this_period`, with the days of the period, where the term is empty; `piece` for a piece of a term, with its months.
-- minor_days is the sum of each line's amount times the days of the month that it covers; of a piece the amount is the
-- price of its whole term.
-- The shape is NULL for a doubtful line, and where the period is longer or shorter than the whole term: the lines of
-- that account are then read one by one.
-- An account may have several rows without a shape. Each line is checked once, in the key `paid_for`, which is NULL for
-- a doubtful line: the months of the term, with 1000000 more for a piece of one; 0 minus the days of the period where
-- the term is empty; 0 for a metered line that starts before the month. Everything else is the same in a group.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line),
-- this_period and piece (codes of ways), cut (a longer text is cut there).
-- Lists: kind with kind_code, status with status_code, never_negative, metered and with_term (kinds).
-- Most lines pay for a month of 29 to 35 days, which is at most 2 days shorter and 7 longer than any month: two
-- comparisons, in which no day is out of bounds where the month is far from them. The same is true of up to 5 days more
-- than the rounded days of a term of up to a year. Others are compared with their term in the calendar, which takes ten
-- times as long. No infinite day reaches a difference of two days, which would end the statement.
-- Lines that end in `unless a column is a type` are left out where it is: they would check what the type says already.
-- A cast of a char(3) to BPCHAR is free, while TEXT would copy every value. BPCHAR ignores blanks at the end, so the
-- length is checked too. Comparisons leave out NaN and Infinity, which PostgreSQL sorts above every number.
-- Lines that end in `of orders` are only in the statement `month_groups_of_orders`: one row per account, currency,
-- shape and order, told as DAY/DISCOUNT/PRODUCT, with -1 for a discount that cannot be relied on. Those that end in
-- `of orders and ends` are only in `month_groups_of_orders_and_ends`: the ends of services are kept apart too.
SELECT -- noqa: ST06, in the order of the grain
    COALESCE(CAST(order_day AS TEXT), '') || '/' || COALESCE(CAST(given AS TEXT), '') -- of orders
    || '/' || COALESCE(LEFT(product_name, :cut), '') AS orders, -- of orders
    CAST(service_end AS TEXT) AS service_end, -- of orders and ends
    LEFT(account_id, :cut) AS account_id,
    LEFT(CAST(currency AS TEXT), :cut) AS currency,
    CAST(CASE charge_kind WHEN :kind THEN :kind_code END AS BIGINT) * 100000000
    + CASE document_status
        WHEN :status THEN :status_code
    END * 10000000
    + CASE
        WHEN paid_for < 0 THEN CAST(:this_period AS BIGINT) - paid_for
        WHEN paid_for < 1000000 THEN paid_for
        ELSE CAST(:piece AS BIGINT) + paid_for - 1000000
    END AS shape,
    line_count,
    CASE WHEN paid_for IS NOT NULL THEN CAST(net_amount_minor AS BIGINT) END AS net_amount_minor,
    CASE
        WHEN paid_for IS NULL THEN NULL
        WHEN charge_kind IN (:metered) THEN CAST(net_amount_minor * CAST(:days AS INTEGER) AS BIGINT)
        ELSE CAST(minor_days AS BIGINT)
    END AS minor_days
FROM (
    SELECT
        product_name, -- of orders
        order_day, -- of orders
        given, -- of orders
        service_end, -- of orders and ends
        account_id,
        currency,
        charge_kind,
        document_status,
        paid_for,
        COUNT(*) AS line_count,
        SUM(net_amount_minor) AS net_amount_minor,
        SUM(
            CASE
                WHEN paid_for IS NOT NULL
                    THEN
                        CAST(COALESCE(term_amount_minor, net_amount_minor) AS BIGINT)
                        * (
                            LEAST(service_end, CAST(:next_first_day AS DATE))
                            - GREATEST(service_start, CAST(:first_day AS DATE))
                        )
            END
        ) AS minor_days
    FROM (
        SELECT -- noqa: ST06, in the order of the grain
            CAST(product AS TEXT) COLLATE "C" AS product_name, -- of orders
            ordered_on AS order_day, -- of orders
            CASE -- of orders
                WHEN ordered_on > posted_on THEN -1 -- of orders
                WHEN discount_bp IS NULL THEN NULL -- of orders
                WHEN -- of orders
                    discount_bp BETWEEN 0 AND 9999 -- of orders
                    AND discount_bp % 1 = 0 -- of orders
                    THEN CAST(discount_bp AS INTEGER) -- of orders
                ELSE -1 -- of orders
            END AS given, -- of orders
            net_amount_minor,
            term_amount_minor,
            service_start,
            service_end,
            CAST(account_id AS TEXT) COLLATE "C" AS account_id,
            CAST(currency AS BPCHAR) COLLATE "C" AS currency,
            CAST(charge_kind AS TEXT) COLLATE "C" AS charge_kind,
            CAST(document_status AS TEXT) COLLATE "C" AS document_status,
            CASE
                WHEN
                    net_amount_minor <= :largest
                    AND (
                        net_amount_minor >= 0
                        OR (net_amount_minor >= :smallest AND CAST(charge_kind AS TEXT) NOT IN (:never_negative))
                    )
                    AND net_amount_minor % 1 = 0 -- unless net_amount_minor is bigint or integer
                    AND OCTET_LENGTH(currency) = 3 -- unless currency is character
                    THEN
                        CASE
                            WHEN
                                term_amount_minor IS NULL
                                AND term_months = 1
                                AND (
                                    service_start >= CAST(:first_day AS DATE)
                                    OR CAST(charge_kind AS TEXT) NOT IN (:metered)
                                )
                                AND CAST(:first_day AS DATE) BETWEEN DATE '1970-03-01' AND DATE '2199-10-01'
                                AND service_end - 29 >= service_start
                                AND service_end - 35 <= service_start
                                THEN 1
                            WHEN
                                service_start IS NULL
                                OR service_start < DATE '1970-01-01'
                                OR service_start >= service_end
                                OR service_end >= DATE '2200-01-01'
                                THEN NULL
                            WHEN CAST(charge_kind AS TEXT) IN (:metered)
                                THEN
                                    CASE
                                        WHEN term_amount_minor IS NULL AND term_months = 1
                                            THEN CASE WHEN service_start >= CAST(:first_day AS DATE) THEN 1 ELSE 0 END
                                    END
                            WHEN term_amount_minor IS NULL AND term_months IS NULL THEN service_start - service_end
                            WHEN term_months NOT BETWEEN 1 AND 999 OR term_months % 1 <> 0 THEN NULL
                            WHEN term_amount_minor IS NULL
                                THEN
                                    CASE
                                        WHEN
                                            (
                                                term_months <= 12
                                                AND service_end
                                                - service_start
                                                - (CAST(term_months AS INTEGER) * 365 + 6) / 12 BETWEEN 0 AND 5
                                            )
                                            OR CAST(charge_kind AS TEXT) NOT IN (:with_term)
                                            OR service_end
                                            - CAST(
                                                service_start + MAKE_INTERVAL(0, CAST(term_months AS INTEGER)) AS DATE
                                            ) BETWEEN -2 AND 7
                                            THEN CAST(term_months AS INTEGER)
                                    END
                            WHEN
                                term_amount_minor BETWEEN :smallest AND :largest
                                AND term_amount_minor % 1 = 0
                                AND (term_amount_minor >= 0 OR CAST(charge_kind AS TEXT) NOT IN (:never_negative))
                                AND (
                                    (term_amount_minor >= 0 AND net_amount_minor >= 0)
                                    OR (term_amount_minor <= 0 AND net_amount_minor <= 0)
                                )
                                THEN 1000000 + CAST(term_months AS INTEGER)
                        END
            END AS paid_for
        FROM program_mrr_line
        WHERE
            service_end > CAST(:first_day AS DATE)
            AND (
                service_start < CAST(:next_first_day AS DATE)
                OR service_end < CAST(:next_first_day AS DATE)
                OR service_start IS NULL
            )
    ) AS month_lines
    GROUP BY
        account_id,
        currency,
        charge_kind,
        document_status,
        product_name, -- of orders
        order_day, -- of orders
        given, -- of orders
        service_end, -- of orders and ends
        paid_for
) AS month_groups
