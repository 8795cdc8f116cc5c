-- Grain: no row, as Spark keeps no column unique.
SELECT 1 AS is_unique
WHERE FALSE
