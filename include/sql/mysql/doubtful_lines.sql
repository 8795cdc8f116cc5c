-- Grain: one row per line that overlaps the month and about which the entity itself has a doubt.
-- Only where the relation has the column `doubt`, which contract 1 leaves optional.
-- Binds: first_day, next_first_day, cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the fields
    LEFT(CAST(line_id AS BINARY), :cut) AS line_id,
    LEFT(CAST(account_id AS BINARY), :cut) AS account_id,
    LEFT(CAST(currency AS BINARY), :cut) AS currency,
    LEFT(CAST(charge_kind AS BINARY), :cut) AS charge_kind,
    CAST(service_start AS CHAR) AS service_start,
    CAST(service_end AS CHAR) AS service_end,
    CAST(net_amount_minor AS CHAR) AS net_amount_minor,
    LEFT(CAST(doubt AS BINARY), :cut) AS doubt
FROM program_mrr_line
WHERE
    service_end > :first_day
    AND (
        service_start < :next_first_day
        OR service_end < :next_first_day
        OR service_start IS NULL
    )
    AND doubt <> ''
ORDER BY line_id, account_id, service_start, service_end, net_amount_minor
