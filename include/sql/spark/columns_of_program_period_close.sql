-- Grain: no row; only the names and types of the columns are wanted.
SELECT * -- noqa: AM04, all columns that exist
FROM program_period_close
WHERE FALSE
