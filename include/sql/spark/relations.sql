-- Grain: one row per table or view of the connection's schema.
SHOW TABLES
