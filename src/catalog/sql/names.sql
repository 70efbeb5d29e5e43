WITH w AS MATERIALIZED (SELECT n::pg_catalog.name FROM pg_catalog.unnest({names}) AS w(n))
SELECT 'session', pg_catalog.json_build_object(
    'path', {path}, 'raw_path', pg_catalog.current_setting('lockgate.path'),
    'user', current_user, 'session_user', session_user,
    'is_superuser', pg_catalog.current_setting('is_superuser') = 'on',
    'extensions', (SELECT coalesce(pg_catalog.json_object_agg(e.name, e.default_version), '{}')
        FROM pg_catalog.pg_available_extensions() AS e WHERE e.default_version IS NOT NULL))::text
UNION ALL
SELECT 'relation', pg_catalog.json_build_array(n.nspname, c.relname, c.relkind)::text
    FROM w JOIN pg_catalog.pg_class c ON c.relname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
UNION ALL
SELECT 'type', pg_catalog.json_build_array(n.nspname, t.typname)::text
    FROM w JOIN pg_catalog.pg_type t ON t.typname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
UNION ALL
SELECT 'function', pg_catalog.json_build_object('schema', n.nspname, 'name', p.proname,
    'arguments', (SELECT coalesce(pg_catalog.json_agg({canonical:t} ORDER BY arg.at), '[]')
        FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS arg(type, at)
        JOIN pg_catalog.pg_type t ON t.oid = arg.type),
    'volatile', p.provolatile = 'v',
    'extension', (SELECT e.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass LIMIT 1))::text
    FROM w JOIN pg_catalog.pg_proc p ON p.proname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
