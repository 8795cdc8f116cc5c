-- Grain: one row; the character set of the column that is read as text, `binary` where the column has none.
-- No account is read: the second half gives the row, the first one the column.
SELECT CHARSET(account_id) AS account_id
FROM (
    SELECT account_id
    FROM program_reseller_account
    WHERE FALSE
    UNION ALL
    SELECT NULL AS account_id
) AS described
