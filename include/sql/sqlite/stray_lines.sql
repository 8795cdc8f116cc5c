-- Grain: one row per line that the month's other statements would miss: its end is missing or is not a date and sorts
-- before every month, or it starts in the month and ends on or before the month's first day.
-- Binds: first_day, next_first_day. A real date before 2000 does not overlap the month and is left out.
-- Each part finds its lines by an index on service_end or service_start; without one on service_start, every line is
-- read. The plus signs stop SQLite from using an index that would lead through most of the table.
SELECT
    line_id,
    account_id,
    charge_kind,
    service_start,
    service_end,
    term_months,
    net_amount_minor,
    currency,
    document_status,
    term_amount_minor
FROM program_mrr_line
WHERE
    (
        service_end IS NULL
        AND (
            +service_start < :next_first_day
            OR TYPEOF(service_start) <> 'text'
            OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        )
    )
    OR (
        service_end < '2000-01-01'
        AND +service_end <= :first_day
        AND service_end IS NOT DATE(service_end, '+0 days')
        AND (
            +service_start < :next_first_day
            OR TYPEOF(service_start) <> 'text'
            OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        )
    )
    OR (service_start >= :first_day AND service_start < :next_first_day AND +service_end <= :first_day)
ORDER BY +line_id, account_id, service_start, service_end, net_amount_minor
