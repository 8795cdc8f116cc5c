-- Grain: one row per line of a term that ends or begins on one of these days, of some accounts, or of all where
-- every_account is 1.
-- Binds: from_day, to_day (both are such days), term_months, charge_kind, every_account, accounts (JSON array of
-- the ids), cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS TEXT), :cut) AS line_id,
    LEFT(CAST(account_id AS TEXT), :cut) AS account_id,
    LEFT(CAST(charge_kind AS TEXT), :cut) AS charge_kind,
    CAST(service_start AS TEXT) AS service_start,
    CAST(service_end AS TEXT) AS service_end,
    LEFT(CAST(term_months AS TEXT), :cut) AS term_months,
    LEFT(CAST(net_amount_minor AS TEXT), :cut) AS net_amount_minor,
    LEFT(CAST(currency AS TEXT), :cut) AS currency,
    LEFT(CAST(document_status AS TEXT), :cut) AS document_status,
    LEFT(CAST(term_amount_minor AS TEXT), :cut) AS term_amount_minor,
    LEFT(CAST(service_id AS TEXT), :cut) AS service_id,
    LEFT(CAST(product AS TEXT), :cut) AS product
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
        OR CAST(account_id AS TEXT) COLLATE "C" IN (
            SELECT listed.id
            FROM JSONB_ARRAY_ELEMENTS_TEXT(CAST(:accounts AS JSONB)) AS listed (id) -- noqa: RF02, it is a bind
        )
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
