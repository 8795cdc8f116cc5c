-- Grain: one row per line that the month's other statements would miss: its end is missing or no date, or it starts in
-- the month and ends on or before the month's first day.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
-- Two questions without OR: DuckDB then leaves out the parts of a Parquet file whose least and largest days answer them
-- already, which is nearly all of it.
SELECT * -- noqa: AM04, in the order of the fields
FROM (
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
        LEFT(CAST(term_amount_minor AS VARCHAR), :cut) AS term_amount_minor
    FROM program_mrr_line
    WHERE
        AS_DAY(service_end) IS NULL
        AND (AS_DAY(service_start) < CAST(:next_first_day AS DATE) OR AS_DAY(service_start) IS NULL)
    UNION ALL
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
        LEFT(CAST(term_amount_minor AS VARCHAR), :cut) AS term_amount_minor
    FROM program_mrr_line
    WHERE
        AS_DAY(service_end) <= CAST(:first_day AS DATE)
        AND AS_DAY(service_start) >= CAST(:first_day AS DATE)
        AND AS_DAY(service_start) < CAST(:next_first_day AS DATE)
) AS strays
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
