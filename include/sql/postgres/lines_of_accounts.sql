-- Grain: one row per line that overlaps the month, of some accounts, or of all where every_account is 1.
-- Binds: first_day, next_first_day, every_account, accounts (JSON array of the ids), cut (a longer text is cut there).
-- Lines that end in `of orders` are only in the statement `lines_of_accounts_of_orders`.
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(product AS TEXT), :cut) AS product, -- of orders
    LEFT(CAST(discount_bp AS TEXT), :cut) AS discount_bp, -- of orders
    LEFT(CAST(ordered_on AS TEXT), :cut) AS ordered_on, -- of orders
    LEFT(CAST(posted_on AS TEXT), :cut) AS posted_on, -- of orders
    LEFT(CAST(line_id AS TEXT), :cut) AS line_id,
    LEFT(CAST(account_id AS TEXT), :cut) AS account_id,
    LEFT(CAST(charge_kind AS TEXT), :cut) AS charge_kind,
    CAST(service_start AS TEXT) AS service_start,
    CAST(service_end AS TEXT) AS service_end,
    LEFT(CAST(term_months AS TEXT), :cut) AS term_months,
    LEFT(CAST(net_amount_minor AS TEXT), :cut) AS net_amount_minor,
    LEFT(CAST(currency AS TEXT), :cut) AS currency,
    LEFT(CAST(document_status AS TEXT), :cut) AS document_status,
    LEFT(CAST(term_amount_minor AS TEXT), :cut) AS term_amount_minor
FROM program_mrr_line
WHERE
    service_end > CAST(:first_day AS DATE)
    AND (
        service_start < CAST(:next_first_day AS DATE)
        OR service_end < CAST(:next_first_day AS DATE)
        OR service_start IS NULL
    )
    AND (
        :every_account = 1
        OR account_id IS NULL
        OR OCTET_LENGTH(CAST(account_id AS TEXT)) >= :cut
        OR CAST(account_id AS TEXT) COLLATE "C" IN (
            SELECT listed.id
            FROM JSONB_ARRAY_ELEMENTS_TEXT(CAST(:accounts AS JSONB)) AS listed (id) -- noqa: RF02, it is a bind
        )
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
