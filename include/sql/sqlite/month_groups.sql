-- Grain: one row per account, currency and shape, of the lines that overlap the month, in no order.
-- A shape is one whole number, so that the sort has one small key; lines with the same shape count in the same way:
-- way + kind * 100000000 + status * 10000000 + number, with codes of the first three. The way (rule 2) is 0 where the
-- amount pays for the whole term, the number then its months, or 0 for a metered line that starts before the month;
-- `this_period`, with the days of the period, where the term is empty; `piece` for a piece of a term, with its months.
-- minor_days is the sum of each line's amount times the days of the month that it covers; of a piece the amount is the
-- price of its whole term.
-- The shape is NULL for a doubtful line, and where the period seems longer or shorter than the whole term: the lines of
-- that account are then read one by one. Periods are compared in months of 31 days, which misses none: see
-- `is_longer_than_term`.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line),
-- posted (a status), this_period and piece (codes of ways).
-- Lists: kind with kind_code, status with status_code, never_negative, metered and with_term (kinds).
-- Most lines pay for a whole term from a day of the month to the same day: where every month has that day, one look at
-- the calendar says that their dates are sound. The day of the end is compared first: text behind the day of the start
-- makes that one the greater. All other lines are judged by the second branch.
-- The currency is the last key: there the sort compares it least often. LIMIT -1 stops SQLite from merging the inner
-- query into the outer one: the sort would then carry every column, and each shape would be computed twice. COALESCE
-- removes a column's collation, since one that ignores case must not merge two accounts.
-- A plus sign removes a column's affinity. Text is then never compared as a number; and SQLite does not try to read
-- both dates of each comparison as numbers, as it does in a column of the type DATE.
-- Lines that end in `of orders` are only in the statement `month_groups_of_orders`: one row per account, currency,
-- shape and order, told as DAY/DISCOUNT/PRODUCT, with -1 for a discount that cannot be relied on. Those that end in
-- `of orders and ends` are only in `month_groups_of_orders_and_ends`: the ends of services are kept apart too.
SELECT
    orders, -- of orders
    service_end, -- of orders and ends
    account_id,
    currency,
    shape,
    COUNT(*) AS line_count,
    SUM(net_amount_minor) FILTER (WHERE shape IS NOT NULL) AS net_amount_minor,
    SUM(minor_days) FILTER (WHERE shape IS NOT NULL) AS minor_days
FROM (
    SELECT -- noqa: ST06, what is of orders first
        COALESCE(ordered_on, '') || '/' -- of orders
        || CASE WHEN +ordered_on > +posted_on THEN -1 ELSE COALESCE(discount_bp, '') END -- of orders
        || '/' || COALESCE(product, '') AS orders, -- of orders
        service_end, -- of orders and ends
        net_amount_minor,
        COALESCE(account_id, NULL) AS account_id,
        COALESCE(currency, NULL) AS currency,
        CASE
            WHEN
                term_amount_minor IS NULL
                AND +net_amount_minor BETWEEN 0 AND :largest
                AND TYPEOF(net_amount_minor + term_months) = 'integer'
                AND (
                    (
                        term_months = 1
                        AND +service_start = :first_day
                        AND +service_end = :next_first_day
                    )
                    OR (
                        +term_months BETWEEN 1 AND 999
                        AND +service_start BETWEEN '1970-01-01' AND +service_end
                        AND +service_end < '2200-01-01'
                        AND charge_kind NOT IN (:metered)
                        AND SUBSTR(service_end, 9) BETWEEN SUBSTR(service_start, 9) AND '28'
                        AND +service_end = DATE(service_start, term_months || ' months')
                    )
                )
                THEN term_months
            WHEN
                +net_amount_minor BETWEEN :smallest AND :largest
                AND (net_amount_minor >= 0 OR charge_kind NOT IN (:never_negative))
                AND +service_start BETWEEN '1970-01-01' AND +service_end
                AND (+service_start = :first_day OR +service_start = DATE(service_start, '+0 days'))
                AND (
                    +service_end = :next_first_day
                    OR (+service_end < '2200-01-01' AND +service_end = DATE(service_end, '+0 days'))
                )
                AND +service_start <> +service_end
                THEN
                    CASE
                        WHEN term_amount_minor IS NULL AND term_months IS NOT NULL
                            THEN
                                CASE
                                    WHEN
                                        TYPEOF(net_amount_minor + term_months) = 'integer'
                                        AND +term_months BETWEEN 1 AND 999
                                        AND (term_months = 1 OR charge_kind NOT IN (:metered))
                                        AND (
                                            charge_kind NOT IN (:with_term)
                                            OR (
                                                (CAST(service_end AS INTEGER) - CAST(service_start AS INTEGER)) * 12
                                                + CAST(SUBSTR(service_end, 6) AS INTEGER)
                                                - CAST(SUBSTR(service_start, 6) AS INTEGER)
                                                - term_months
                                            ) * 31
                                            + CAST(SUBSTR(service_end, 9) AS INTEGER)
                                            - CAST(SUBSTR(service_start, 9) AS INTEGER) BETWEEN -2 AND 7
                                        )
                                        THEN
                                            CASE
                                                WHEN +service_start < :first_day AND charge_kind IN (:metered) THEN 0
                                                ELSE term_months
                                            END
                                END
                        WHEN charge_kind IN (:metered) THEN NULL
                        WHEN term_amount_minor IS NULL
                            THEN
                                CASE
                                    WHEN TYPEOF(net_amount_minor) <> 'integer' THEN NULL
                                    WHEN charge_kind IN (:with_term) AND document_status = :posted
                                        THEN
                                            :this_period
                                            + CAST(JULIANDAY(service_end) - JULIANDAY(service_start) AS INTEGER)
                                    ELSE 1
                                END
                        WHEN
                            TYPEOF(net_amount_minor + term_months + term_amount_minor) = 'integer'
                            AND +term_months BETWEEN 1 AND 999
                            AND +term_amount_minor BETWEEN :smallest AND :largest
                            AND (term_amount_minor >= 0 OR charge_kind NOT IN (:never_negative))
                            AND (
                                (term_amount_minor >= 0 AND net_amount_minor >= 0)
                                OR (term_amount_minor <= 0 AND net_amount_minor <= 0)
                            )
                            THEN
                                term_months
                                + CASE
                                    WHEN charge_kind IN (:with_term) AND document_status = :posted THEN :piece
                                    ELSE 0
                                END
                    END
        END
        + CASE COALESCE(charge_kind, NULL)
            WHEN :kind THEN :kind_code
        END * 100000000
        + CASE COALESCE(document_status, NULL)
            WHEN :status THEN :status_code
        END * 10000000 AS shape,
        COALESCE(term_amount_minor, net_amount_minor) * CASE
            WHEN charge_kind IN (:metered) THEN :days
            ELSE
                CASE
                    WHEN +service_end >= :next_first_day THEN :days
                    ELSE CAST(SUBSTR(service_end, 9) AS INTEGER) - 1
                END
                - CASE
                    WHEN +service_start <= :first_day THEN 0
                    ELSE CAST(SUBSTR(service_start, 9) AS INTEGER) - 1
                END
        END AS minor_days
    FROM program_mrr_line
    WHERE
        service_end > :first_day
        AND (
            +service_start < :next_first_day
            OR +service_end < :next_first_day
            OR TYPEOF(service_start) <> 'text'
            OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        )
    LIMIT -1 -- noqa: AM09, all rows
) AS month_lines
GROUP BY
    account_id,
    shape,
    orders, -- of orders
    service_end, -- of orders and ends
    currency
