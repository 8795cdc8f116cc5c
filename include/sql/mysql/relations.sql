-- Grain: one row per table or view of the billing database.
SELECT table_name AS relation
FROM information_schema.tables
WHERE table_schema = DATABASE()
ORDER BY table_name
