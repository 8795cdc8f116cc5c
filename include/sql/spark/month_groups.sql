-- Grain: one row per account, currency and shape, of the lines that overlap the month, in no order.
-- A shape is one whole number; lines with the same shape count in the same way:
-- way + kind * 100000000 + status * 10000000 + (term_months or days of the period) * 100 + covered_days, with codes of
-- the first three. The way (rule 2) is 0 where the amount pays for the whole term and for a line that never counts;
-- `this_period`, with the days of the period, where the term is empty; `piece` for a piece of a term.
-- It is NULL for a doubtful line, and where the period seems longer or shorter than the whole term: the lines of that
-- account are then read one by one. Periods are compared in months of 31 days, which misses none: see
-- `is_longer_than_term`. An account may have several rows without a shape. Only amounts and days are checked line by
-- line, and packed into one key: covered_days, with the days of the period * 100 where the term is empty, or 10000000
-- for a piece of a term. Everything else is the same in a group and checked once.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line),
-- posted (a status), this_period and piece (codes of ways), cut (a longer text is cut there).
-- Lists: kind with kind_code, status with status_code, never_negative, metered and with_term (kinds).
-- Sums raise where they overflow: the session sets ANSI mode.
SELECT -- noqa: ST06, in the order of the grain
    LEFT(account_id, :cut) AS account_id,
    LEFT(currency, :cut) AS currency,
    CASE
        WHEN
            packed_days IS NOT NULL
            AND term_months BETWEEN 1 AND 999
            AND (term_months = 1 OR charge_kind NOT IN (:metered))
            THEN
                CAST(CASE charge_kind WHEN :kind THEN :kind_code END AS BIGINT) * 100000000
                + CASE document_status
                    WHEN :status THEN :status_code
                END * 10000000
                + CASE
                    WHEN packed_days < 100 THEN CAST(term_months AS INTEGER) * 100 + packed_days
                    WHEN packed_days < 10000000 THEN CAST(:this_period AS BIGINT) + packed_days
                    ELSE CAST(:piece AS BIGINT) + CAST(term_months AS INTEGER) * 100 + packed_days - 10000000
                END
    END AS shape,
    line_count,
    CASE WHEN packed_days IS NOT NULL THEN CAST(net_amount_minor AS BIGINT) END AS net_amount_minor,
    CASE WHEN packed_days >= 10000000 THEN CAST(whole_term_minor AS BIGINT) END AS whole_term_minor
FROM (
    SELECT
        account_id,
        currency,
        charge_kind,
        document_status,
        term_months,
        packed_days,
        COUNT(*) AS line_count,
        SUM(net_amount_minor) AS net_amount_minor,
        SUM(whole_term_minor) AS whole_term_minor
    FROM (
        SELECT -- noqa: ST06, in the order of the grain
            net_amount_minor,
            COALESCE(term_months, 1) AS term_months,
            term_amount_minor AS whole_term_minor,
            account_id,
            currency,
            charge_kind,
            document_status,
            CASE
                WHEN
                    net_amount_minor BETWEEN :smallest AND :largest
                    AND (net_amount_minor >= 0 OR charge_kind NOT IN (:never_negative))
                    AND service_start >= DATE '1970-01-01'
                    AND service_start < service_end
                    AND service_end < DATE '2200-01-01'
                    THEN
                        CASE
                            WHEN term_amount_minor IS NULL AND term_months IS NOT NULL
                                THEN
                                    CASE
                                        WHEN
                                            (
                                                service_start = CAST(:first_day AS DATE)
                                                AND service_end = CAST(:next_first_day AS DATE)
                                                AND term_months = 1
                                            )
                                            OR charge_kind NOT IN (:with_term)
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
                                            THEN 0
                                    END
                            WHEN charge_kind IN (:metered) THEN NULL
                            WHEN term_amount_minor IS NULL
                                THEN
                                    CASE
                                        WHEN
                                            charge_kind IN (:with_term)
                                            AND document_status = :posted
                                            THEN DATEDIFF(service_end, service_start) * 100
                                        ELSE 0
                                    END
                            WHEN
                                term_months IS NOT NULL
                                AND term_amount_minor BETWEEN :smallest AND :largest
                                AND (term_amount_minor >= 0 OR charge_kind NOT IN (:never_negative))
                                AND (
                                    (term_amount_minor >= 0 AND net_amount_minor >= 0)
                                    OR (term_amount_minor <= 0 AND net_amount_minor <= 0)
                                )
                                THEN
                                    CASE
                                        WHEN
                                            charge_kind IN (:with_term)
                                            AND document_status = :posted
                                            THEN 10000000
                                        ELSE 0
                                    END
                        END
                        + CASE
                            WHEN charge_kind IN (:metered)
                                THEN
                                    CASE
                                        WHEN service_start >= CAST(:first_day AS DATE) THEN CAST(:days AS INTEGER)
                                        ELSE 0
                                    END
                            ELSE
                                DATEDIFF(
                                    LEAST(service_end, CAST(:next_first_day AS DATE)),
                                    GREATEST(service_start, CAST(:first_day AS DATE))
                                )
                        END
            END AS packed_days
        FROM program_mrr_line
        WHERE
            service_end > CAST(:first_day AS DATE)
            AND (
                service_start < CAST(:next_first_day AS DATE)
                OR service_end < CAST(:next_first_day AS DATE)
                OR service_start IS NULL
            )
    ) AS month_lines
    GROUP BY account_id, currency, charge_kind, document_status, term_months, packed_days
) AS month_groups
