-- Grain: one row per line that the month's other statements cannot see, and that would vanish without a look here: its
-- end is no date and sorts before every month, or it starts in the month and ends on or before the month's first day.
-- Binds: first_day, next_first_day. A real date before 2000 does not touch the month and is left out.
-- Each part finds its lines by an index, where service_end and service_start have one; without the second, every line
-- is looked at. The plus signs keep the indexes that would lead through most of the table out of the plan.
SELECT
    line_id,
    account_id,
    charge_kind,
    service_start,
    service_end,
    term_months,
    net_amount_minor,
    currency,
    document_status
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
