-- Where an unqualified history lives: the schema in which unqualified tables of the chain are made. "$user" in the path makes a
-- schema current that did not exist before (a chain that creates it): then a history of our own that stood before it, in a
-- later schema of the path, still counts.
coalesce(
    (SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relname = {table} AND c.relkind IN ('r', 'p') AND n.nspname = ANY (pg_catalog.current_schemas(false))
            AND c.relowner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
            AND pg_catalog.current_schema() = current_user
            AND pg_catalog.strpos(pg_catalog.current_setting('search_path'), '$user') > 0
        ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname) LIMIT 1),
    pg_catalog.current_schema())
