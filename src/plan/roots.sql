-- Roots: a statement's number, what it takes, and by which name; and the objects that go with each. The walk over pg_depend
-- follows findDependentObjects (PostgreSQL sources, src/backend/catalog/dependency.c).
WITH RECURSIVE
w(n, id, kind, path, name, sub, args, cascade, alone) AS MATERIALIZED (
    SELECT v.n, v.id, v.kind, pg_catalog.array_replace(coalesce(v.path, pg_catalog.current_schemas(true)::pg_catalog.text[]), '$user', current_user::pg_catalog.text),
        v.name, v.sub, v.args, v.cascade, v.alone
    -- What is described further down is named along the user's path.
    FROM (VALUES {roots}) AS v(n, id, kind, path, name, sub, args, cascade, alone) WHERE {along}),
rel AS MATERIALIZED (
    SELECT w.n, w.id, w.kind, w.sub, w.cascade, w.alone, f.oid
    FROM w CROSS JOIN LATERAL (
        SELECT c.oid FROM pg_catalog.unnest(w.path) WITH ORDINALITY AS p(schema, at)
        JOIN pg_catalog.pg_namespace ns ON ns.nspname = p.schema::pg_catalog.name
        JOIN pg_catalog.pg_class c ON c.relnamespace = ns.oid AND c.relname = w.name::pg_catalog.name
        ORDER BY p.at LIMIT 1) f
    WHERE w.kind IN ('relation', 'column', 'constraint', 'trigger', 'policy', 'rule', 'truncate', 'delete', 'convert')),
typ AS MATERIALIZED (
    SELECT w.n, w.id, w.kind, w.sub, w.cascade, f.oid
    FROM w CROSS JOIN LATERAL (
        SELECT t.oid FROM pg_catalog.unnest(w.path) WITH ORDINALITY AS p(schema, at)
        JOIN pg_catalog.pg_namespace ns ON ns.nspname = p.schema::pg_catalog.name
        JOIN pg_catalog.pg_type t ON t.typnamespace = ns.oid AND t.typname = w.name::pg_catalog.name
        ORDER BY p.at LIMIT 1) f
    WHERE w.kind IN ('type', 'attribute', 'name of type')),
-- A column goes out of the children that have it by inheritance alone, and is converted in all of them.
inherited(n, oid, sub, kind, cascade) AS (
    SELECT n, oid, sub, kind, cascade FROM rel WHERE kind IN ('column', 'convert')
    UNION
    SELECT inherited.n, i.inhrelid, inherited.sub, inherited.kind, inherited.cascade
    FROM inherited JOIN pg_catalog.pg_inherits i ON i.inhparent = inherited.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.inhrelid AND a.attname = inherited.sub::pg_catalog.name
    WHERE inherited.kind = 'convert' OR a.attinhcount = 1 AND NOT a.attislocal),
root(n, class, oid, sub, cascade) AS (
    SELECT n, 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, oid, 0, cascade FROM rel WHERE kind = 'relation'
    UNION ALL
    SELECT i.n, 'pg_catalog.pg_class'::pg_catalog.regclass, i.oid, a.attnum, i.cascade
    FROM inherited i JOIN pg_catalog.pg_attribute a ON a.attrelid = i.oid AND a.attname = i.sub::pg_catalog.name AND a.attnum > 0
    WHERE i.kind = 'column'
    UNION ALL
    SELECT rel.n, 'pg_catalog.pg_constraint'::pg_catalog.regclass, c.oid, 0, rel.cascade
    FROM rel JOIN pg_catalog.pg_constraint c ON c.conrelid = rel.oid AND c.conname = rel.sub::pg_catalog.name
    WHERE rel.kind = 'constraint'
    UNION ALL
    SELECT rel.n, 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 0, rel.cascade
    FROM rel JOIN pg_catalog.pg_trigger t ON t.tgrelid = rel.oid AND t.tgname = rel.sub::pg_catalog.name AND NOT t.tgisinternal
    WHERE rel.kind = 'trigger'
    UNION ALL
    SELECT rel.n, 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 0, rel.cascade
    FROM rel JOIN pg_catalog.pg_policy p ON p.polrelid = rel.oid AND p.polname = rel.sub::pg_catalog.name
    WHERE rel.kind = 'policy'
    UNION ALL
    SELECT rel.n, 'pg_catalog.pg_rewrite'::pg_catalog.regclass, r.oid, 0, rel.cascade
    FROM rel JOIN pg_catalog.pg_rewrite r ON r.ev_class = rel.oid AND r.rulename = rel.sub::pg_catalog.name
    WHERE rel.kind = 'rule'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_publication'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_publication o ON o.pubname = w.name::pg_catalog.name WHERE w.kind = 'publication'
    UNION ALL
    SELECT n, 'pg_catalog.pg_type'::pg_catalog.regclass, oid, 0, cascade FROM typ WHERE kind = 'type'
    UNION ALL
    SELECT typ.n, 'pg_catalog.pg_class'::pg_catalog.regclass, a.attrelid, a.attnum, typ.cascade
    FROM typ JOIN pg_catalog.pg_type t ON t.oid = typ.oid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.typrelid AND a.attname = typ.sub::pg_catalog.name AND a.attnum > 0
    WHERE typ.kind = 'attribute'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_namespace'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_namespace o ON o.nspname = w.name::pg_catalog.name WHERE w.kind = 'schema'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_extension'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_extension o ON o.extname = w.name::pg_catalog.name WHERE w.kind = 'extension'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_language'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_language o ON o.lanname = w.name::pg_catalog.name WHERE w.kind = 'language'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_am'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_am o ON o.amname = w.name::pg_catalog.name WHERE w.kind = 'access method'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_foreign_server'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_foreign_server o ON o.srvname = w.name::pg_catalog.name WHERE w.kind = 'server'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass, o.oid, 0, w.cascade
    FROM w JOIN pg_catalog.pg_foreign_data_wrapper o ON o.fdwname = w.name::pg_catalog.name WHERE w.kind = 'wrapper'
    UNION ALL
    SELECT w.n, 'pg_catalog.pg_collation'::pg_catalog.regclass, f.oid, 0, w.cascade
    FROM w CROSS JOIN LATERAL (
        SELECT c.oid FROM pg_catalog.unnest(w.path) WITH ORDINALITY AS p(schema, at)
        JOIN pg_catalog.pg_namespace ns ON ns.nspname = p.schema::pg_catalog.name
        JOIN pg_catalog.pg_collation c ON c.collnamespace = ns.oid AND c.collname = w.name::pg_catalog.name
        ORDER BY p.at LIMIT 1) f
    WHERE w.kind = 'collation'
    UNION ALL
    -- Without arguments: the only one of that name.
    SELECT w.n, 'pg_catalog.pg_proc'::pg_catalog.regclass, f.oid, 0, w.cascade
    FROM w CROSS JOIN LATERAL (
        SELECT c.oid FROM pg_catalog.unnest(w.path) WITH ORDINALITY AS p(schema, at)
        JOIN pg_catalog.pg_namespace ns ON ns.nspname = p.schema::pg_catalog.name
        JOIN pg_catalog.pg_proc c ON c.pronamespace = ns.oid AND c.proname = w.name::pg_catalog.name
        WHERE w.args IS NULL OR w.args = ARRAY(
            SELECT CASE WHEN e.oid IS NULL THEN t.typname ELSE e.typname || '[]' END::pg_catalog.text
            FROM pg_catalog.unnest(c.proargtypes::pg_catalog.oid[]) WITH ORDINALITY AS arg(type, at)
            JOIN pg_catalog.pg_type t ON t.oid = arg.type
            LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
            ORDER BY arg.at)
        ORDER BY p.at LIMIT 1) f
    WHERE w.kind = 'function'
    UNION ALL
    SELECT w.n, d.classid, d.objid, d.objsubid, w.cascade
    FROM w JOIN pg_catalog.pg_roles r ON r.rolname = CASE WHEN w.name IN ('current_role', 'current_user') THEN current_user
        WHEN w.name = 'session_user' THEN session_user ELSE w.name::pg_catalog.name END
    JOIN pg_catalog.pg_shdepend d ON d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = r.oid
        AND d.deptype = 'o'
    WHERE w.kind = 'owned'
        AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())),
-- `via` is how an object was come to: as the root, by a kind of dependency, or back (`r`) from what belongs to it.
walk(n, class, oid, sub, via, cascade) AS (
    SELECT n, class, oid, sub, 'root'::pg_catalog.text, cascade FROM root
    UNION
    SELECT walk.n, next.class, next.oid, next.sub, next.via, walk.cascade
    FROM walk CROSS JOIN LATERAL (
        SELECT d.classid AS class, d.objid AS oid, d.objsubid AS sub, d.deptype::pg_catalog.text AS via
        FROM pg_catalog.pg_depend d
        WHERE d.refclassid = walk.class AND d.refobjid = walk.oid AND (walk.sub = 0 OR d.refobjsubid = walk.sub)
            AND (walk.cascade OR d.deptype <> 'n')
        UNION ALL
        SELECT d.refclassid, d.refobjid, d.refobjsubid, 'r'
        FROM pg_catalog.pg_depend d
        WHERE d.classid = walk.class AND d.objid = walk.oid AND (walk.sub = 0 OR d.objsubid = walk.sub)
            AND walk.via <> 'root' AND walk.cascade
            AND (d.deptype IN ('i', 'e') OR d.deptype = 'P' AND walk.via NOT IN ('P', 'S'))) next),
