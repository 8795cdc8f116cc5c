-- Grain: no row; only the names and types of the columns are wanted.
SELECT * -- noqa: AM04, all columns that exist
FROM program_reseller_account
WHERE FALSE
