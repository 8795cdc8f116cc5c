-- Grain: one row per line that overlaps the month, of the accounts that have at least one doubtful line.
-- Binds: first_day, next_first_day, accounts (JSON array of the ids).
SELECT
    CAST(line_id AS TEXT) AS line_id,
    CAST(account_id AS TEXT) AS account_id,
    CAST(charge_kind AS TEXT) AS charge_kind,
    CAST(service_start AS TEXT) AS service_start,
    CAST(service_end AS TEXT) AS service_end,
    CAST(term_months AS TEXT) AS term_months,
    CAST(net_amount_minor AS TEXT) AS net_amount_minor,
    CAST(currency AS TEXT) AS currency,
    CAST(document_status AS TEXT) AS document_status,
    CAST(term_amount_minor AS TEXT) AS term_amount_minor
FROM program_mrr_line
WHERE
    service_end > CAST(:first_day AS DATE)
    AND (
        service_start < CAST(:next_first_day AS DATE)
        OR service_end < CAST(:next_first_day AS DATE)
        OR service_start IS NULL
    )
    AND (
        account_id IS NULL
        OR CAST(account_id AS TEXT) COLLATE "C" IN (
            SELECT listed.id
            FROM JSONB_ARRAY_ELEMENTS_TEXT(CAST(:accounts AS JSONB)) AS listed (id) -- noqa: RF02, it is a bind
        )
    )
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
