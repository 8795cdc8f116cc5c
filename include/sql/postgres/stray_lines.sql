-- Grain: one row per line that the month's other statements would miss: its end is missing, or it starts in the month
-- and ends on or before the month's first day.
-- Binds: first_day, next_first_day.
SELECT
    CAST(line_id AS TEXT) AS line_id,
    CAST(account_id AS TEXT) AS account_id,
    CAST(charge_kind AS TEXT) AS charge_kind,
    CAST(service_start AS TEXT) AS service_start,
    CAST(service_end AS TEXT) AS service_end,
    CAST(term_months AS TEXT) AS term_months,
    CAST(net_amount_minor AS TEXT) AS net_amount_minor,
    CAST(currency AS TEXT) AS currency,
    CAST(document_status AS TEXT) AS document_status,
    CAST(term_amount_minor AS TEXT) AS term_amount_minor
FROM program_mrr_line
WHERE
    (
        service_end IS NULL
        AND (service_start < CAST(:next_first_day AS DATE) OR service_start IS NULL)
    )
    OR (
        service_end <= CAST(:first_day AS DATE)
        AND service_start >= CAST(:first_day AS DATE)
        AND service_start < CAST(:next_first_day AS DATE)
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
