SELECT 'terms', array_to_json(ARRAY(
        SELECT p FROM unnest({privileges}) AS p, pg_class c
        WHERE c.relnamespace = n.oid AND c.relname = {table} AND NOT has_table_privilege(c.oid, p))),
    NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = {table})
        AND NOT has_schema_privilege(n.oid, 'CREATE'),
    n.oid IS NULL AND NOT has_database_privilege(current_database(), 'CREATE'),
    -- A history of the same name in another schema of the path, or where an earlier version put it.
    array_to_json(ARRAY(
        SELECT o.nspname::text FROM pg_class h JOIN pg_namespace o ON o.oid = h.relnamespace
        WHERE h.relname = {table} AND h.relkind IN ('r', 'p') AND o.nspname <> s.schema
            AND (o.nspname = 'public' OR o.nspname = ANY ({path}::name[])))),
    current_database(),
    -- The schema is the current one only because it has the role's name.
    s.schema = current_user AND strpos(current_setting('lockgate.path'), '$user') > 0
FROM (SELECT current_setting('lockgate.schema') AS schema OFFSET 0) AS s LEFT JOIN pg_namespace n ON n.nspname = s.schema
