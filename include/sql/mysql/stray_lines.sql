-- Grain: one row per line that the month's other statements would miss: its end is missing or is not a date
-- (0000-00-00), or it starts in the month and ends on or before the month's first day.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS BINARY), :cut) AS line_id,
    LEFT(CAST(account_id AS BINARY), :cut) AS account_id,
    LEFT(CAST(charge_kind AS BINARY), :cut) AS charge_kind,
    CAST(service_start AS CHAR) AS service_start,
    CAST(service_end AS CHAR) AS service_end,
    CAST(term_months AS CHAR) AS term_months,
    CAST(net_amount_minor AS CHAR) AS net_amount_minor,
    LEFT(CAST(currency AS BINARY), :cut) AS currency,
    LEFT(CAST(document_status AS BINARY), :cut) AS document_status,
    CAST(term_amount_minor AS CHAR) AS term_amount_minor
FROM program_mrr_line
WHERE
    (
        (service_end IS NULL OR service_end < '1000-01-01')
        AND (service_start < :next_first_day OR service_start IS NULL)
    )
    OR (service_end <= :first_day AND service_start >= :first_day AND service_start < :next_first_day)
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
