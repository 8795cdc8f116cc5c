-- Grain: one row per line of a term that ends or begins on one of these days, of some accounts, or of all where
-- every_account is 1.
-- Binds: from_day, to_day (both are such days), term_months, charge_kind, every_account, accounts (JSON array of
-- the ids' SHA-256), cut (a longer text is cut there).
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
    CAST(term_amount_minor AS CHAR) AS term_amount_minor,
    LEFT(CAST(service_id AS BINARY), :cut) AS service_id,
    LEFT(CAST(product AS BINARY), :cut) AS product
FROM program_mrr_line
WHERE
    term_months = :term_months
    AND charge_kind = :charge_kind
    AND (service_end BETWEEN :from_day AND :to_day OR service_start BETWEEN :from_day AND :to_day)
    AND (
        :every_account = 1
        OR CAST(SHA2(CAST(account_id AS BINARY), 256) AS BINARY) IN (
            SELECT CAST(listed.hashed AS BINARY) AS hashed
            FROM JSON_TABLE(:accounts, '$[*]' COLUMNS (hashed CHAR(64) PATH '$')) AS listed -- noqa: RF02, it is a bind
        )
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
