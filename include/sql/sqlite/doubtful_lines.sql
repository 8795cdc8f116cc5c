-- Grain: one row per line that overlaps the month and about which the entity itself has a doubt.
-- Only where the relation has the column `doubt`, which contract 1 leaves optional.
-- Binds: first_day, next_first_day.
SELECT
    line_id,
    account_id,
    currency,
    charge_kind,
    service_start,
    service_end,
    net_amount_minor,
    doubt
FROM program_mrr_line
WHERE
    service_end > :first_day
    AND (
        +service_start < :next_first_day
        OR +service_end < :next_first_day
        OR TYPEOF(service_start) <> 'text'
        OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
    )
    AND doubt <> ''
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
