-- Grain: one row per line of a term that ends or begins on one of these days, of some accounts, or of all where
-- every_account is 1.
-- Binds: from_day, to_day (both are such days), term_months, charge_kind, every_account, accounts (JSON array of
-- the ids as hexadecimal bytes).
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
    term_amount_minor,
    service_id,
    product
FROM program_mrr_line
WHERE
    term_months = :term_months
    AND charge_kind = :charge_kind
    AND (service_end BETWEEN :from_day AND :to_day OR service_start BETWEEN :from_day AND :to_day)
    AND (
        :every_account = 1
        OR HEX(account_id) IN (SELECT listed.value FROM JSON_EACH(:accounts) AS listed) -- noqa: RF02, it is a bind
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
