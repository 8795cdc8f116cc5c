-- Grain: one row per table or view that the role can name without a schema.
SELECT relation.relname
FROM pg_catalog.pg_class AS relation
INNER JOIN pg_catalog.pg_namespace AS namespace ON relation.relnamespace = namespace.oid
WHERE
    relation.relkind IN ('r', 'v', 'm', 'p', 'f')
    AND PG_TABLE_IS_VISIBLE(relation.oid)
    AND namespace.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY relation.relname
