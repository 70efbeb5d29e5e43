SELECT pg_catalog.array_to_json(ARRAY(
        SELECT p FROM pg_catalog.unnest({privileges}) AS p, pg_catalog.pg_class c
        WHERE c.relnamespace = n.oid AND c.relname = {table} AND NOT pg_catalog.has_table_privilege(c.oid, p))),
    NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = n.oid AND c.relname = {table})
        AND NOT pg_catalog.has_schema_privilege(n.oid, 'CREATE'),
    n.oid IS NULL AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
    -- A history of the same name in another schema of the path, or where an earlier version put it.
    pg_catalog.array_to_json(ARRAY(
        SELECT o.nspname::text FROM pg_catalog.pg_class h JOIN pg_catalog.pg_namespace o ON o.oid = h.relnamespace
        WHERE h.relname = {table} AND h.relkind IN ('r', 'p') AND o.nspname <> s.schema
            AND (o.nspname = 'public' OR o.nspname = ANY (pg_catalog.current_schemas(false))))),
    pg_catalog.current_database(),
    -- The schema is the current one only because it has the role's name.
    s.schema = current_user AND pg_catalog.strpos(pg_catalog.current_setting('search_path'), '$user') > 0
FROM (SELECT {schema} AS schema OFFSET 0) AS s LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = s.schema
