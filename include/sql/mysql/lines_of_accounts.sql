-- Grain: one row per line that overlaps the month, of some accounts, or of all where every_account is 1.
-- Binds: first_day, next_first_day, every_account, accounts (JSON array of the ids' SHA-256, as a key that is short
-- enough to be looked up in an index), cut (a longer text is cut there).
-- Lines that end in `of orders` are only in the statement `lines_of_accounts_of_orders`.
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(product AS BINARY), :cut) AS product, -- of orders
    CAST(discount_bp AS CHAR) AS discount_bp, -- of orders
    CAST(ordered_on AS CHAR) AS ordered_on, -- of orders
    CAST(posted_on AS CHAR) AS posted_on, -- of orders
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
    AND (
        :every_account = 1
        OR account_id IS NULL
        OR OCTET_LENGTH(CAST(account_id AS BINARY)) >= :cut
        OR CAST(SHA2(CAST(account_id AS BINARY), 256) AS BINARY) IN (
            SELECT CAST(listed.hashed AS BINARY) AS hashed
            FROM JSON_TABLE(:accounts, '$[*]' COLUMNS (hashed CHAR(64) PATH '$')) AS listed -- noqa: RF02, it is a bind
        )
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
