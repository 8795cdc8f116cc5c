-- Grain: one row per table or view that the role sees by its bare name.
SELECT relname
FROM pg_catalog.pg_class
WHERE
    relkind IN ('r', 'v', 'm', 'p', 'f')
    AND PG_TABLE_IS_VISIBLE(oid)
    AND relnamespace NOT IN (
        SELECT oid
        FROM pg_catalog.pg_namespace
        WHERE nspname IN ('pg_catalog', 'information_schema')
    )
ORDER BY relname
