-- Grain: one row per account, currency, kind, term and period of posted lines that say what a month to come may bring,
-- in no order: recurring fees that end in the month or in the one before it, and after whose start no other fee of the
-- same service starts; usage of the two months before; credits for the month before. A credit for the rest of a fee's
-- period, as a piece of its term, cancels the service: it is left out. Lines without a service are those of one service
-- of their account. whole_minor is the sum of the prices of the whole terms.
-- Binds: first_day, next_first_day (of the month after), first_day_before and first_day_two_before (of the months
-- before), fees, metered, credits (kinds), posted (a status), cut (a longer text is cut there).
SELECT -- noqa: ST06, in the order of the grain
    LEFT(account_id, :cut) AS account_id,
    LEFT(currency, :cut) AS currency,
    charge_kind,
    CAST(service_start AS TEXT) AS service_start,
    CAST(service_end AS TEXT) AS service_end,
    LEFT(CAST(term_months AS TEXT), :cut) AS term_months,
    COUNT(*) AS line_count,
    LEFT(CAST(SUM(net_amount_minor) AS TEXT), :cut) AS net_amount_minor,
    LEFT(CAST(SUM(whole_minor) AS TEXT), :cut) AS whole_minor
FROM (
    SELECT
        account_id,
        currency,
        charge_kind,
        service_start,
        service_end,
        term_months,
        net_amount_minor,
        whole_minor,
        MAX(fee_start) OVER (PARTITION BY account_id, service_id) AS last_start,
        MAX(cancelled_from) OVER (PARTITION BY account_id, service_id) AS cancelled_from,
        MAX(cancelled_until) OVER (PARTITION BY account_id, service_id) AS cancelled_until
    FROM (
        SELECT -- noqa: ST06, in the order of the contract
            CAST(account_id AS TEXT) COLLATE "C" AS account_id,
            COALESCE(CAST(service_id AS TEXT) COLLATE "C", '') AS service_id,
            CAST(charge_kind AS TEXT) COLLATE "C" AS charge_kind,
            service_start,
            service_end,
            term_months,
            net_amount_minor,
            CAST(currency AS TEXT) COLLATE "C" AS currency,
            COALESCE(term_amount_minor, net_amount_minor) AS whole_minor,
            CASE WHEN CAST(charge_kind AS TEXT) COLLATE "C" = :fees THEN service_start END AS fee_start,
            CASE
                WHEN CAST(charge_kind AS TEXT) COLLATE "C" = :credits AND term_amount_minor IS NOT NULL
                    THEN service_start
            END AS cancelled_from,
            CASE
                WHEN CAST(charge_kind AS TEXT) COLLATE "C" = :credits AND term_amount_minor IS NOT NULL
                    THEN service_end
            END AS cancelled_until
        FROM program_mrr_line
        WHERE
            service_end > CAST(:first_day_two_before AS DATE)
            AND CAST(charge_kind AS TEXT) COLLATE "C" IN (:fees, :metered, :credits)
            AND CAST(document_status AS TEXT) COLLATE "C" = :posted
    ) AS posted_lines
) AS last_lines
WHERE
    (
        charge_kind = :fees
        AND service_end > CAST(:first_day_before AS DATE)
        AND service_end < CAST(:next_first_day AS DATE)
        AND service_start = last_start
        AND (cancelled_from IS NULL OR cancelled_from <= last_start OR cancelled_until < service_end)
    )
    OR (
        charge_kind = :metered
        AND service_start >= CAST(:first_day_two_before AS DATE)
        AND service_start < CAST(:first_day AS DATE)
    )
    OR (
        charge_kind = :credits
        AND service_start < CAST(:first_day AS DATE)
        AND service_end > CAST(:first_day_before AS DATE)
    )
GROUP BY account_id, currency, charge_kind, service_start, service_end, term_months
