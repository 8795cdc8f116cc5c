-- Grain: no row; asked for the names of the columns alone.
SELECT * -- noqa: AM04, whatever columns there are
FROM program_reseller_account
WHERE FALSE
