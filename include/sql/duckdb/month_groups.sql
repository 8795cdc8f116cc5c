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
-- An account may have several rows without a shape. Each line is checked once, in the key `paid_for`, which is NULL for
-- a doubtful line: the months of the term, with 1000000 more for a piece of one; 0 minus the days of the period where
-- the term is empty; 0 for a metered line that starts before the month. Everything else is the same in a group.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line),
-- this_period and piece (codes of ways), cut (a longer text is cut there).
-- Lists: kind with kind_code, status with status_code, never_negative, metered and with_term (kinds).
-- Most lines pay for a month of 29 to 35 days, which is at most 2 days shorter and 7 longer than any month.
-- AS_DAY and AS_WHOLE are NULL for text of a CSV file that is no day or no whole number; they leave typed columns as
-- they are.
-- Lines that end in `of orders` are only in the statement `month_groups_of_orders`: one row per account, currency,
-- shape and order, told as DAY/DISCOUNT/PRODUCT, with -1 for a discount that cannot be relied on. Those that end in
-- `of orders and ends` are only in `month_groups_of_orders_and_ends`: the ends of services are kept apart too.
SELECT -- noqa: ST06, in the order of the grain
    COALESCE(CAST(order_day AS VARCHAR), '') || '/' || COALESCE(CAST(given AS VARCHAR), '') -- of orders
    || '/' || COALESCE(LEFT(product_name, :cut), '') AS orders, -- of orders
    CAST(service_end AS VARCHAR) AS service_end, -- of orders and ends
    LEFT(account_id, :cut) AS account_id,
    LEFT(currency, :cut) AS currency,
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
            product_name, -- of orders
            order_day, -- of orders
            given, -- of orders
            net_amount_minor,
            term_amount_minor,
            service_start,
            service_end,
            account_id,
            currency,
            charge_kind,
            document_status,
            CASE
                WHEN
                    net_amount_minor <= :largest
                    AND (
                        net_amount_minor >= 0
                        OR (net_amount_minor >= :smallest AND charge_kind NOT IN (:never_negative))
                    )
                    AND NOT is_unreadable
                    AND service_start >= DATE '1970-01-01'
                    AND service_end < DATE '2200-01-01'
                    THEN
                        CASE
                            WHEN
                                term_amount_minor IS NULL
                                AND term_months = 1
                                AND (service_start >= CAST(:first_day AS DATE) OR charge_kind NOT IN (:metered))
                                AND service_end - service_start BETWEEN 29 AND 35
                                THEN 1
                            WHEN service_start >= service_end THEN NULL
                            WHEN charge_kind IN (:metered)
                                THEN
                                    CASE
                                        WHEN term_amount_minor IS NULL AND term_months = 1
                                            THEN CASE WHEN service_start >= CAST(:first_day AS DATE) THEN 1 ELSE 0 END
                                    END
                            WHEN term_amount_minor IS NULL AND term_months IS NULL THEN service_start - service_end
                            WHEN term_months NOT BETWEEN 1 AND 999 THEN NULL
                            WHEN term_amount_minor IS NULL
                                THEN
                                    CASE
                                        WHEN
                                            charge_kind NOT IN (:with_term)
                                            OR (
                                                (
                                                    EXTRACT(YEAR FROM service_end) - EXTRACT(YEAR FROM service_start)
                                                ) * 12
                                                + EXTRACT(MONTH FROM service_end)
                                                - EXTRACT(MONTH FROM service_start)
                                                - term_months
                                            ) * 31
                                            + EXTRACT(DAY FROM service_end)
                                            - EXTRACT(DAY FROM service_start) BETWEEN -2 AND 7
                                            THEN CAST(term_months AS INTEGER)
                                    END
                            WHEN
                                term_amount_minor BETWEEN :smallest AND :largest
                                AND (term_amount_minor >= 0 OR charge_kind NOT IN (:never_negative))
                                AND (
                                    (term_amount_minor >= 0 AND net_amount_minor >= 0)
                                    OR (term_amount_minor <= 0 AND net_amount_minor <= 0)
                                )
                                THEN 1000000 + CAST(term_months AS INTEGER)
                        END
            END AS paid_for
        FROM (
            SELECT -- noqa: ST06, in the order of the contract
                CAST(product AS VARCHAR) AS product_name, -- of orders
                CAST(ordered_on AS VARCHAR) AS order_day, -- of orders
                CASE -- of orders
                    WHEN AS_DAY(ordered_on) > AS_DAY(posted_on) THEN -1 -- of orders
                    WHEN discount_bp IS NULL THEN NULL -- of orders
                    WHEN TRY_CAST(discount_bp AS DECIMAL(18, 4)) <> AS_WHOLE(discount_bp) THEN -1 -- of orders
                    WHEN AS_WHOLE(discount_bp) BETWEEN 0 AND 9999 THEN AS_WHOLE(discount_bp) -- of orders
                    ELSE -1 -- of orders
                END AS given, -- of orders
                CAST(account_id AS VARCHAR) AS account_id,
                CAST(charge_kind AS VARCHAR) AS charge_kind,
                AS_DAY(service_start) AS service_start,
                AS_DAY(service_end) AS service_end,
                AS_WHOLE(term_months) AS term_months,
                AS_WHOLE(net_amount_minor) AS net_amount_minor,
                CAST(currency AS VARCHAR) AS currency,
                CAST(document_status AS VARCHAR) AS document_status,
                AS_WHOLE(term_amount_minor) AS term_amount_minor,
                (AS_WHOLE(term_months) IS NULL AND term_months IS NOT NULL)
                OR (AS_WHOLE(term_amount_minor) IS NULL AND term_amount_minor IS NOT NULL) AS is_unreadable
            FROM program_mrr_line
        ) AS written_lines
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
