-- Grain: one row; the character set of the column that is read as text, or `binary` where it has none.
-- No account is read: the first SELECT gives the column type, the second one gives the only row.
SELECT CHARSET(account_id) AS account_id
FROM (
    SELECT account_id
    FROM program_reseller_account
    WHERE FALSE
    UNION ALL
    SELECT NULL AS account_id
) AS described
