-- Grain: one row per table or view of the billing database.
SELECT name
FROM sqlite_master
WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
ORDER BY name
