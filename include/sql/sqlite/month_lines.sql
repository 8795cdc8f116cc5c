-- Grain: one row per line that overlaps the month. Only for a look at a source: a run reads groups.
-- Binds: first_day, next_first_day.
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
    service_end > :first_day
    AND (
        service_start < :next_first_day
        OR service_end < :next_first_day
        OR TYPEOF(service_start) <> 'text'
        OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
