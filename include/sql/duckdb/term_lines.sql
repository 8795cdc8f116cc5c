-- Grain: one row per line of a term that ends or begins on one of these days, of some accounts, or of all where
-- every_account is 1.
-- Binds: from_day, to_day (both are such days), term_months, charge_kind, every_account, accounts (JSON array of
-- the ids), cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS VARCHAR), :cut) AS line_id,
    LEFT(CAST(account_id AS VARCHAR), :cut) AS account_id,
    LEFT(CAST(charge_kind AS VARCHAR), :cut) AS charge_kind,
    LEFT(CAST(service_start AS VARCHAR), :cut) AS service_start,
    LEFT(CAST(service_end AS VARCHAR), :cut) AS service_end,
    LEFT(CAST(term_months AS VARCHAR), :cut) AS term_months,
    LEFT(CAST(net_amount_minor AS VARCHAR), :cut) AS net_amount_minor,
    LEFT(CAST(currency AS VARCHAR), :cut) AS currency,
    LEFT(CAST(document_status AS VARCHAR), :cut) AS document_status,
    LEFT(CAST(term_amount_minor AS VARCHAR), :cut) AS term_amount_minor,
    LEFT(CAST(service_id AS VARCHAR), :cut) AS service_id,
    LEFT(CAST(product AS VARCHAR), :cut) AS product
FROM program_mrr_line
WHERE
    AS_WHOLE(term_months) = :term_months
    AND CAST(charge_kind AS VARCHAR) = :charge_kind
    AND (
        AS_DAY(service_end) BETWEEN CAST(:from_day AS DATE) AND CAST(:to_day AS DATE)
        OR AS_DAY(service_start) BETWEEN CAST(:from_day AS DATE) AND CAST(:to_day AS DATE)
    )
    AND (
        :every_account = 1
        OR CAST(account_id AS VARCHAR) IN (SELECT UNNEST(FROM_JSON(:accounts, '["VARCHAR"]')))
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
