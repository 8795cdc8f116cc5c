-- Grain: one row per line of a term that ends or begins on one of these days, of some accounts, or of all where
-- every_account is 1.
-- Binds: from_day, to_day (both are such days), term_months, charge_kind, every_account, accounts (JSON array of
-- the ids), cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS STRING), :cut) AS line_id,
    LEFT(CAST(account_id AS STRING), :cut) AS account_id,
    LEFT(CAST(charge_kind AS STRING), :cut) AS charge_kind,
    LEFT(CAST(service_start AS STRING), :cut) AS service_start,
    LEFT(CAST(service_end AS STRING), :cut) AS service_end,
    LEFT(CAST(term_months AS STRING), :cut) AS term_months,
    LEFT(CAST(net_amount_minor AS STRING), :cut) AS net_amount_minor,
    LEFT(CAST(currency AS STRING), :cut) AS currency,
    LEFT(CAST(document_status AS STRING), :cut) AS document_status,
    LEFT(CAST(term_amount_minor AS STRING), :cut) AS term_amount_minor,
    LEFT(CAST(service_id AS STRING), :cut) AS service_id,
    LEFT(CAST(product AS STRING), :cut) AS product
FROM program_mrr_line
WHERE
    term_months = :term_months
    AND charge_kind = :charge_kind
    AND (
        service_end BETWEEN CAST(:from_day AS DATE) AND CAST(:to_day AS DATE)
        OR service_start BETWEEN CAST(:from_day AS DATE) AND CAST(:to_day AS DATE)
    )
    AND (
        :every_account = 1
        OR CAST(account_id AS STRING) IN (SELECT EXPLODE(FROM_JSON(:accounts, 'array<string>')))
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
