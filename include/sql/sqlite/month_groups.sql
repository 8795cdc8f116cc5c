-- Grain: one row per account, currency, kind, status, term and covered days, of the lines that touch the month.
-- covered_days is NULL where something about a line cannot be relied on: its account is then read line by line.
-- A plus sign before a column takes its affinity away, so that text never compares as the number that it looks like.
-- Binds: first_day, next_first_day (of the month after), days (in the month), smallest, largest (amount of a line).
-- LIMIT -1 keeps the inner query a query of its own: merged into the outer one, the sort would carry every column
-- and the days would be worked out twice. COALESCE takes a column's collation away: a column that is blind to case
-- must not merge two accounts.
SELECT
    account_id,
    currency,
    charge_kind,
    document_status,
    term_months,
    covered_days,
    COUNT(*) AS line_count,
    SUM(net_amount_minor) FILTER (WHERE covered_days IS NOT NULL) AS net_amount_minor
FROM (
    SELECT
        term_months,
        net_amount_minor,
        COALESCE(account_id, NULL) AS account_id,
        COALESCE(currency, NULL) AS currency,
        COALESCE(charge_kind, NULL) AS charge_kind,
        COALESCE(document_status, NULL) AS document_status,
        CASE
            WHEN
                TYPEOF(net_amount_minor + term_months) = 'integer'
                AND +net_amount_minor BETWEEN :smallest AND :largest
                AND (net_amount_minor >= 0 OR charge_kind NOT IN ('recurring', 'usage'))
                AND +term_months BETWEEN 1 AND 1200
                AND service_start BETWEEN '1970-01-01' AND service_end
                AND (service_start = :first_day OR service_start = DATE(service_start, '+0 days'))
                AND (
                    service_end = :next_first_day
                    OR (service_end < '2200-01-01' AND service_end = DATE(service_end, '+0 days'))
                )
                THEN
                    CASE
                        WHEN service_start = service_end THEN NULL
                        WHEN charge_kind = 'usage' THEN CASE WHEN service_start >= :first_day THEN :days ELSE 0 END
                        ELSE
                            CASE
                                WHEN service_end >= :next_first_day THEN :days
                                ELSE CAST(SUBSTR(service_end, 9) AS INTEGER) - 1
                            END
                            - CASE
                                WHEN service_start <= :first_day THEN 0
                                ELSE CAST(SUBSTR(service_start, 9) AS INTEGER) - 1
                            END
                    END
        END AS covered_days
    FROM program_mrr_line
    WHERE
        service_end > :first_day
        AND (
            service_start < :next_first_day
            OR service_end <= :next_first_day
            OR TYPEOF(service_start) <> 'text'
            OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        )
    LIMIT -1 -- noqa: AM09, all of them
) AS month_lines
GROUP BY account_id, currency, charge_kind, document_status, term_months, covered_days
ORDER BY account_id, currency, charge_kind, document_status, term_months, covered_days
