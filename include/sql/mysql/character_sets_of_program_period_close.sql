-- Grain: one row; the character set of each column that is read as text, or `binary` where it has none.
-- No close is read: the first SELECT gives the column types, the second one gives the only row.
SELECT
    CHARSET(billing_month) AS billing_month,
    CHARSET(currency) AS currency
FROM (
    SELECT
        billing_month,
        currency
    FROM program_period_close
    WHERE FALSE
    UNION ALL
    SELECT
        NULL AS billing_month,
        NULL AS currency
) AS described
