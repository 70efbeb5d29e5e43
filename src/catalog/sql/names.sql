WITH RECURSIVE w AS MATERIALIZED (SELECT n::pg_catalog.name FROM pg_catalog.unnest({names}) AS w(n)),
{trusted}
SELECT 'session', pg_catalog.json_build_object(
    'path', {path}, 'raw_path', pg_catalog.current_setting('lockgate.path'),
    'user', current_user, 'session_user', session_user,
    'is_superuser', pg_catalog.current_setting('is_superuser') = 'on',
    'trusted', (SELECT pg_catalog.json_agg(pg_catalog.pg_get_userbyid(role)) FROM trusted),
    'unknown_owners', (SELECT coalesce(pg_catalog.json_agg(n), '[]') FROM pg_catalog.unnest({owners}) AS n
        WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname::pg_catalog.text = n)),
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
SELECT 'collation', pg_catalog.json_build_array(n.nspname, l.collname)::text
    FROM w JOIN pg_catalog.pg_collation l ON l.collname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
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
-- What belongs to a role that is not trusted. The server's own objects have numbers below 16384.
UNION ALL
SELECT 'stranger', pg_catalog.json_build_object('kind', 'function', 'schema', n.nspname, 'name', p.proname,
    'owner', pg_catalog.pg_get_userbyid(p.proowner))::text
    FROM w JOIN pg_catalog.pg_proc p ON p.proname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid >= 16384::pg_catalog.oid AND p.proowner NOT IN (SELECT role FROM trusted)
UNION ALL
SELECT 'stranger', pg_catalog.json_build_object('kind', 'relation', 'schema', n.nspname, 'name', c.relname,
    'owner', pg_catalog.pg_get_userbyid(c.relowner))::text
    FROM w JOIN pg_catalog.pg_class c ON c.relname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= 16384::pg_catalog.oid AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relowner NOT IN (SELECT role FROM trusted)
UNION ALL
SELECT 'stranger', pg_catalog.json_build_object('kind', 'type', 'schema', n.nspname, 'name', t.typname,
    'owner', pg_catalog.pg_get_userbyid(t.typowner))::text
    FROM w JOIN pg_catalog.pg_type t ON t.typname = w.n
    JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
    WHERE t.oid >= 16384::pg_catalog.oid AND t.typowner NOT IN (SELECT role FROM trusted)
-- Expressions name them without a word, so all of them are read; with the owner of the worse part where that is not trusted.
UNION ALL
SELECT DISTINCT 'operator', pg_catalog.json_build_object('schema', n.nspname, 'name', o.oprname, 'owner', CASE
        WHEN o.oprowner NOT IN (SELECT role FROM trusted) THEN pg_catalog.pg_get_userbyid(o.oprowner)
        WHEN p.proowner NOT IN (SELECT role FROM trusted) THEN pg_catalog.pg_get_userbyid(p.proowner) END)::text
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    LEFT JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode::pg_catalog.oid
    WHERE o.oid >= 16384::pg_catalog.oid
