-- Grain: one row per line that overlaps the month, of some accounts, or of all where every_account is 1.
-- Binds: first_day, next_first_day, every_account, accounts (JSON array of the ids as hexadecimal bytes, since some are
-- not text), cut (a longer id is that of no account: its lines are all read).
-- Lines that end in `of orders` are only in the statement `lines_of_accounts_of_orders`.
SELECT
    product, -- of orders
    discount_bp, -- of orders
    ordered_on, -- of orders
    posted_on, -- of orders
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
        +service_start < :next_first_day
        OR +service_end < :next_first_day
        OR TYPEOF(service_start) <> 'text'
        OR service_start NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
    )
    AND (
        :every_account = 1
        OR TYPEOF(account_id) <> 'text'
        OR LENGTH(CAST(account_id AS BLOB)) >= :cut
        OR HEX(account_id) IN (SELECT listed.value FROM JSON_EACH(:accounts) AS listed) -- noqa: RF02, it is a bind
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
