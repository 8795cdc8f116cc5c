-- Grain: one row per line that overlaps the month. Only for a look at a source: a run reads groups.
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
    service_end > :first_day
    AND (
        service_start < :next_first_day
        OR service_end < :next_first_day
        OR service_start IS NULL
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
