-- Grain: one row per line that overlaps the month, of some accounts, or of all where every_account is 1.
-- Binds: first_day, next_first_day, every_account, accounts (JSON array of the ids), cut (a longer text is cut there).
-- Lines that end in `of orders` are only in the statement `lines_of_accounts_of_orders`.
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(product AS VARCHAR), :cut) AS product, -- of orders
    LEFT(CAST(discount_bp AS VARCHAR), :cut) AS discount_bp, -- of orders
    LEFT(CAST(ordered_on AS VARCHAR), :cut) AS ordered_on, -- of orders
    LEFT(CAST(posted_on AS VARCHAR), :cut) AS posted_on, -- of orders
    LEFT(CAST(line_id AS VARCHAR), :cut) AS line_id,
    LEFT(CAST(account_id AS VARCHAR), :cut) AS account_id,
    LEFT(CAST(charge_kind AS VARCHAR), :cut) AS charge_kind,
    LEFT(CAST(service_start AS VARCHAR), :cut) AS service_start,
    LEFT(CAST(service_end AS VARCHAR), :cut) AS service_end,
    LEFT(CAST(term_months AS VARCHAR), :cut) AS term_months,
    LEFT(CAST(net_amount_minor AS VARCHAR), :cut) AS net_amount_minor,
    LEFT(CAST(currency AS VARCHAR), :cut) AS currency,
    LEFT(CAST(document_status AS VARCHAR), :cut) AS document_status,
    LEFT(CAST(term_amount_minor AS VARCHAR), :cut) AS term_amount_minor
FROM program_mrr_line
WHERE
    AS_DAY(service_end) > CAST(:first_day AS DATE)
    AND (
        AS_DAY(service_start) < CAST(:next_first_day AS DATE)
        OR AS_DAY(service_end) < CAST(:next_first_day AS DATE)
        OR AS_DAY(service_start) IS NULL
    )
    AND (
        :every_account = 1
        OR account_id IS NULL
        OR STRLEN(CAST(account_id AS VARCHAR)) >= :cut
        OR CAST(account_id AS VARCHAR) IN (SELECT UNNEST(FROM_JSON(:accounts, '["VARCHAR"]')))
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
