-- Grain: one row per line that overlaps the month and about which the entity itself has a doubt.
-- Only where the relation has the column `doubt`, which contract 1 leaves optional.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS VARCHAR), :cut) AS line_id,
    LEFT(CAST(account_id AS VARCHAR), :cut) AS account_id,
    LEFT(CAST(currency AS VARCHAR), :cut) AS currency,
    LEFT(CAST(charge_kind AS VARCHAR), :cut) AS charge_kind,
    LEFT(CAST(service_start AS VARCHAR), :cut) AS service_start,
    LEFT(CAST(service_end AS VARCHAR), :cut) AS service_end,
    LEFT(CAST(net_amount_minor AS VARCHAR), :cut) AS net_amount_minor,
    LEFT(CAST(doubt AS VARCHAR), :cut) AS doubt
FROM program_mrr_line
WHERE
    AS_DAY(service_end) > CAST(:first_day AS DATE)
    AND (
        AS_DAY(service_start) < CAST(:next_first_day AS DATE)
        OR AS_DAY(service_end) < CAST(:next_first_day AS DATE)
        OR AS_DAY(service_start) IS NULL
    )
    AND doubt <> ''
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
