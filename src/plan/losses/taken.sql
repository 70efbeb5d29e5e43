-- What the catalog says of the losses of pending statements, behind the roots: the relations that lose rows or values, what goes
-- along, the relations that are locked, and the types of converted columns. The walk over foreign keys follows
-- heap_truncate_find_FKs (PostgreSQL sources, src/backend/catalog/heap.c).
-- `named` as the server's NOTICE names it: neither a root, nor gone in any case with what it belongs to.
gone AS MATERIALIZED (
    SELECT n, class, oid, sub, pg_catalog.bool_or(via = 'root') AS is_root, pg_catalog.bool_and(via IN ('n', 'r')) AS named
    FROM walk GROUP BY n, class, oid, sub),
whole AS MATERIALIZED (
    SELECT * FROM gone WHERE sub = 0
    UNION ALL
    SELECT * FROM gone part WHERE sub <> 0 AND NOT EXISTS (
        SELECT FROM gone WHERE gone.sub = 0 AND gone.n = part.n AND gone.class = part.class AND gone.oid = part.oid)),
fk AS MATERIALIZED (
    SELECT c.oid, c.conrelid, c.confrelid, c.conparentid, c.confdeltype, c.conkey FROM pg_catalog.pg_constraint c
    WHERE c.contype = 'f' AND EXISTS (SELECT FROM w WHERE w.kind IN ('truncate', 'delete'))),
topmost(oid, confrelid) AS (
    SELECT oid, confrelid FROM fk WHERE conparentid = 0
    UNION ALL
    SELECT fk.oid, topmost.confrelid FROM topmost JOIN fk ON fk.conparentid = topmost.oid),
emptied(n, oid, is_taken, is_named, cascade, alone) AS (
    SELECT n, oid, true, true, cascade, alone FROM rel WHERE kind = 'truncate'
    UNION
    SELECT emptied.n, next.oid, next.is_taken, next.is_named, emptied.cascade, emptied.alone
    FROM emptied CROSS JOIN LATERAL (
        SELECT i.inhrelid AS oid, true AS is_taken, true AS is_named FROM pg_catalog.pg_inherits i
        WHERE i.inhparent = emptied.oid AND emptied.is_named AND NOT emptied.alone
        UNION ALL
        SELECT fk.conrelid, true, false FROM fk WHERE fk.confrelid = emptied.oid AND emptied.cascade
        UNION ALL
        SELECT topmost.confrelid, false, false FROM fk JOIN topmost ON topmost.oid = fk.oid
        WHERE fk.confrelid = emptied.oid AND emptied.cascade) next),
deleted(n, oid, is_named, alone) AS (
    SELECT n, oid, true, alone FROM rel WHERE kind = 'delete'
    UNION
    SELECT deleted.n, next.oid, next.is_named, next.alone
    FROM deleted CROSS JOIN LATERAL (
        SELECT i.inhrelid AS oid, deleted.is_named, deleted.alone FROM pg_catalog.pg_inherits i
        WHERE i.inhparent = deleted.oid AND NOT deleted.alone
        UNION ALL
        SELECT fk.conrelid, false, c.relkind <> 'p' FROM fk JOIN pg_catalog.pg_class c ON c.oid = fk.conrelid
        WHERE fk.confrelid = deleted.oid AND fk.confdeltype = 'c') next),
parted(n, what, oid, sub, is_named) AS (
    SELECT whole.n, 'column', whole.oid, a.attname, whole.is_root
    FROM whole JOIN pg_catalog.pg_attribute a ON a.attrelid = whole.oid AND a.attnum = whole.sub AND a.attgenerated = ''
    WHERE whole.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND whole.sub > 0
    UNION
    SELECT rel.n, 'converted', rel.oid, a.attname, true
    FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attname = rel.sub::pg_catalog.name
        AND a.attgenerated = ''
    WHERE rel.kind = 'convert'
    UNION
    SELECT deleted.n, 'overwritten', fk.conrelid, a.attname, false
    FROM deleted JOIN fk ON fk.confrelid = deleted.oid AND fk.confdeltype IN ('n', 'd')
    JOIN pg_catalog.pg_attribute a ON a.attrelid = fk.conrelid AND a.attnum = ANY (fk.conkey)
    WHERE NOT EXISTS (SELECT FROM deleted also WHERE also.n = deleted.n AND also.oid = fk.conrelid)
    UNION
    -- A part of a composite type goes out of every column of it.
    SELECT whole.n, 'column', used.attrelid, used.attname, false
    FROM whole JOIN pg_catalog.pg_class c ON c.oid = whole.oid AND c.relkind = 'c'
    JOIN pg_catalog.pg_attribute used ON used.atttypid IN (c.reltype, (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype))
    WHERE whole.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND whole.sub > 0 AND NOT used.attisdropped),
children(n, what, oid, sub, is_named) AS (
    SELECT * FROM parted
    UNION
    SELECT children.n, children.what, i.inhrelid, children.sub, children.is_named
    FROM children JOIN pg_catalog.pg_inherits i ON i.inhparent = children.oid),
lost(n, what, oid, sub, is_named) AS (
    SELECT n, 'table', oid, NULL, is_root FROM whole WHERE class = 'pg_catalog.pg_class'::pg_catalog.regclass AND sub = 0
    UNION ALL
    SELECT n, 'rows', oid, NULL, pg_catalog.bool_or(is_named) FROM emptied GROUP BY n, oid HAVING pg_catalog.bool_or(is_taken)
    UNION ALL
    SELECT n, 'rows', oid, NULL, pg_catalog.bool_or(is_named) FROM deleted GROUP BY n, oid
    UNION ALL
    SELECT n, what, oid, sub, pg_catalog.bool_or(is_named) FROM children GROUP BY n, what, oid, sub),
on_relation(n, oid) AS (
    SELECT n, oid FROM lost
    UNION
    SELECT n, oid FROM whole WHERE class = 'pg_catalog.pg_class'::pg_catalog.regclass
    UNION
    SELECT whole.n, locked.oid
    FROM whole CROSS JOIN LATERAL (
        SELECT c.conrelid AS oid FROM pg_catalog.pg_constraint c
        WHERE whole.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.oid = whole.oid
        UNION ALL
        SELECT c.confrelid FROM pg_catalog.pg_constraint c
        WHERE whole.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.oid = whole.oid
        UNION ALL
        SELECT t.tgrelid FROM pg_catalog.pg_trigger t
        WHERE whole.class = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND t.oid = whole.oid
        UNION ALL
        SELECT r.ev_class FROM pg_catalog.pg_rewrite r
        WHERE whole.class = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = whole.oid
        UNION ALL
        SELECT d.adrelid FROM pg_catalog.pg_attrdef d
        WHERE whole.class = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.oid = whole.oid
        UNION ALL
        SELECT p.polrelid FROM pg_catalog.pg_policy p
        WHERE whole.class = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = whole.oid
        UNION ALL
        SELECT i.inhparent FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
        WHERE whole.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND whole.sub = 0 AND i.inhrelid = whole.oid
        UNION ALL
        SELECT i.indrelid FROM pg_catalog.pg_index i
        WHERE whole.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.indexrelid = whole.oid) locked)
SELECT 'lost', pg_catalog.json_build_object(
    'n', lost.n, 'what', lost.what, 'column', lost.sub, 'is_named', lost.is_named,
    'schema', ns.nspname, 'name', c.relname, 'is_visible', pg_catalog.pg_table_is_visible(c.oid),
    'oid', c.oid::pg_catalog.int8,
    'partition_of', (SELECT i.inhparent::pg_catalog.int8 FROM pg_catalog.pg_inherits i WHERE c.relispartition AND i.inhrelid = c.oid LIMIT 1),
    'kind', c.relkind,
    'is_heap', EXISTS (SELECT FROM pg_catalog.pg_am am WHERE am.oid = c.relam AND am.amname = 'heap'),
    'size', CASE WHEN c.relkind IN ('r', 'm') THEN pg_catalog.pg_relation_size(c.oid) END,
    'pages', c.relpages, 'tuples', c.reltuples,
    'is_readable', pg_catalog.has_schema_privilege(ns.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
        AND NOT pg_catalog.row_security_active(c.oid),
    'owner', pg_catalog.pg_get_userbyid(c.relowner), 'is_owned', c.relkind = 'S' AND EXISTS (SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')),
    'is_used', CASE WHEN c.relkind = 'S' AND pg_catalog.has_schema_privilege(ns.oid, 'USAGE') AND pg_catalog.has_sequence_privilege(c.oid, 'SELECT')
        THEN pg_catalog.pg_sequence_last_value(c.oid) IS NOT NULL ELSE true END
)::pg_catalog.text
FROM lost JOIN pg_catalog.pg_class c ON c.oid = lost.oid JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'S')
UNION ALL
SELECT 'along', pg_catalog.json_build_array(n, described)::pg_catalog.text
FROM (SELECT DISTINCT n, pg_catalog.pg_describe_object(class, oid, sub) AS described FROM whole WHERE named
    UNION SELECT n, pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, oid, 0)
    FROM emptied GROUP BY n, oid HAVING pg_catalog.bool_or(is_taken) AND NOT pg_catalog.bool_or(is_named)
    UNION SELECT n, pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, oid, 0)
    FROM deleted GROUP BY n, oid HAVING NOT pg_catalog.bool_or(is_named)) taken
UNION ALL
SELECT 'lock', pg_catalog.json_build_object('n', l.n, 'schema', ns.nspname, 'name', c.relname,
    'is_visible', pg_catalog.pg_table_is_visible(c.oid), 'is_weak', EXISTS (SELECT FROM deleted WHERE deleted.n = l.n))::pg_catalog.text
FROM on_relation l JOIN pg_catalog.pg_class c ON c.oid = l.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace
UNION ALL
SELECT 'database', pg_catalog.json_build_array(w.n, d.datname)::pg_catalog.text
FROM w JOIN pg_catalog.pg_database d ON d.datname = w.name::pg_catalog.name WHERE w.kind = 'database'
UNION ALL
SELECT 'type', pg_catalog.json_build_object('id', of.id, 'schema', tn.nspname, 'name', coalesce(e.typname, t.typname),
    'is_array', e.oid IS NOT NULL, 'kind', coalesce(e.typtype, t.typtype),
    'format', pg_catalog.format_type(base.oid, base.modifier))::pg_catalog.text
FROM (SELECT rel.id, a.atttypid AS oid, a.atttypmod AS modifier FROM rel
        JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attname = rel.sub::pg_catalog.name WHERE rel.kind = 'convert'
    UNION ALL SELECT typ.id, typ.oid, -1 FROM typ WHERE typ.kind = 'name of type') of
CROSS JOIN LATERAL (
    WITH RECURSIVE b(oid, modifier) AS (
        SELECT of.oid, of.modifier
        UNION ALL SELECT t.typbasetype, t.typtypmod FROM b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype = 'd')
    SELECT b.oid, b.modifier FROM b JOIN pg_catalog.pg_type t ON t.oid = b.oid AND t.typtype <> 'd') base
JOIN pg_catalog.pg_type t ON t.oid = base.oid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' AND t.typname NOT IN ('int2vector', 'oidvector')
JOIN pg_catalog.pg_namespace tn ON tn.oid = coalesce(e.typnamespace, t.typnamespace)
UNION ALL
SELECT 'zone', pg_catalog.to_json(pg_catalog.current_setting('TimeZone'))::pg_catalog.text
