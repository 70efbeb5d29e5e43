-- Behind the roots: what keeps a DROP without CASCADE, or a new type of a column, from running. A number stands for all that one
-- statement drops at once; what an earlier number takes is gone for a later one. What users of a column PostgreSQL refuses stands
-- in RememberAllDependentForRebuilding (PostgreSQL sources, src/backend/commands/tablecmds.c).
gone AS MATERIALIZED (SELECT DISTINCT n, class, oid, sub FROM walk),
-- The types of which a value holds a row of a converted table (find_composite_type_dependencies, in the same file).
holding(n, type) AS (
    SELECT i.n, c.reltype FROM inherited i JOIN pg_catalog.pg_class c ON c.oid = i.oid WHERE i.kind = 'convert'
    UNION
    SELECT holding.n, CASE WHEN d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass THEN d.objid ELSE c.reltype END
    FROM holding JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = holding.type
    LEFT JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0
        AND c.oid = d.objid AND c.relkind = 'c'
    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass OR c.oid IS NOT NULL),
needing(n, class, oid, sub, is_owner) AS (
    SELECT gone.n, d.classid, d.objid, d.objsubid, false
    FROM gone JOIN pg_catalog.pg_depend d ON d.refclassid = gone.class AND d.refobjid = gone.oid
        AND (gone.sub = 0 OR d.refobjsubid = gone.sub) AND d.deptype = 'n'
    WHERE NOT EXISTS (SELECT FROM root WHERE root.n = gone.n AND root.cascade)
    UNION
    SELECT root.n, d.refclassid, d.refobjid, d.refobjsubid, true
    FROM root JOIN pg_catalog.pg_depend d ON d.classid = root.class AND d.objid = root.oid
        AND (root.sub = 0 OR d.objsubid = root.sub) AND d.deptype IN ('i', 'e', 'P')
    UNION
    SELECT i.n, d.classid, d.objid, d.objsubid, false
    FROM inherited i
    JOIN pg_catalog.pg_attribute a ON a.attrelid = i.oid AND a.attname = i.sub::pg_catalog.name AND a.attnum > 0
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.oid
        AND d.refobjsubid = a.attnum
    LEFT JOIN pg_catalog.pg_attrdef own ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND own.oid = d.objid
    WHERE i.kind = 'convert' AND (
        d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass,
            'pg_catalog.pg_policy'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
            'pg_catalog.pg_publication_rel'::pg_catalog.regclass)
        OR own.adnum <> a.attnum
        -- A generated column, before 15.
        OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.oid AND d.objsubid <> 0)
    UNION
    SELECT holding.n, d.classid, d.objid, d.objsubid, false
    FROM holding JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = holding.type
    JOIN pg_catalog.pg_class c ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0
        AND c.oid = d.objid AND c.relkind IN ('r', 'p', 'm')),
-- Up from each to what it belongs to: a rule to its view, an index to its constraint, a member to its extension.
above(n, class, oid, sub, is_owner, first_class, first_oid, first_sub) AS (
    SELECT n, class, oid, sub, is_owner, class, oid, sub FROM needing
    UNION
    SELECT above.n, d.refclassid, d.refobjid, d.refobjsubid, above.is_owner, above.first_class, above.first_oid, above.first_sub
    FROM above JOIN pg_catalog.pg_depend d ON d.classid = above.class AND d.objid = above.oid
        AND (above.sub = 0 OR d.objsubid = above.sub) AND d.deptype IN ('i', 'e')
    WHERE NOT above.is_owner),
held AS (
    SELECT * FROM above a
    WHERE NOT EXISTS (
            SELECT FROM above also JOIN gone g ON g.n <= also.n AND g.class = also.class AND g.oid = also.oid AND g.sub IN (0, also.sub)
            WHERE also.n = a.n AND also.first_class = a.first_class AND also.first_oid = a.first_oid AND also.first_sub = a.first_sub)
        AND (a.is_owner OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_depend d
            WHERE d.classid = a.class AND d.objid = a.oid AND (a.sub = 0 OR d.objsubid = a.sub) AND d.deptype IN ('i', 'e')))),
-- Each with the object that has a name of its own, and the column where it is one or a default of one.
named AS (
    SELECT h.n, h.is_owner, h.class, h.oid, h.sub, pg_catalog.pg_describe_object(h.class, h.oid, h.sub) AS described,
        p.kind, p.schema, p.name, p.part
    FROM (SELECT DISTINCT n, is_owner, class, oid, sub FROM held) h
    LEFT JOIN LATERAL (
        SELECT c.relkind::pg_catalog.text AS kind, ns.nspname AS schema, c.relname AS name, a.attname::pg_catalog.text AS part
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = h.sub AND h.sub > 0
        WHERE h.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = h.oid
        UNION ALL
        SELECT i.kind, ns.nspname, c.relname, i.part
        FROM (SELECT 'constraint', conrelid, conname::pg_catalog.text FROM pg_catalog.pg_constraint
                WHERE h.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND oid = h.oid AND conrelid <> 0
            UNION ALL SELECT 'rule', ev_class, rulename FROM pg_catalog.pg_rewrite
                WHERE h.class = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND oid = h.oid
            UNION ALL SELECT 'trigger', tgrelid, tgname FROM pg_catalog.pg_trigger
                WHERE h.class = 'pg_catalog.pg_trigger'::pg_catalog.regclass AND oid = h.oid
            UNION ALL SELECT 'policy', polrelid, polname FROM pg_catalog.pg_policy
                WHERE h.class = 'pg_catalog.pg_policy'::pg_catalog.regclass AND oid = h.oid
            UNION ALL SELECT 'default', d.adrelid, a.attname FROM pg_catalog.pg_attrdef d
                JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
                WHERE h.class = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.oid = h.oid
            UNION ALL SELECT 'generated', d.adrelid, a.attname FROM pg_catalog.pg_attrdef d
                JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
                WHERE h.class = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.oid = h.oid
            UNION ALL SELECT 'statistics', stxrelid, NULL FROM pg_catalog.pg_statistic_ext
                WHERE h.class = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND oid = h.oid) i(kind, relation, part)
        JOIN pg_catalog.pg_class c ON c.oid = i.relation JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace
        UNION ALL
        SELECT 'function', ns.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)
        FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace ns ON ns.oid = f.pronamespace
        WHERE h.class = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.oid = h.oid
        UNION ALL
        SELECT 'type', ns.nspname, t.typname, NULL
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace ns ON ns.oid = t.typnamespace
        WHERE h.class = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = h.oid
        UNION ALL
        SELECT 'type', ns.nspname, t.typname, NULL
        FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_type t ON t.oid = c.contypid
        JOIN pg_catalog.pg_namespace ns ON ns.oid = t.typnamespace
        WHERE h.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND c.oid = h.oid AND c.conrelid = 0
        UNION ALL
        SELECT 'publication', NULL, p.pubname, NULL
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
        WHERE h.class = 'pg_catalog.pg_publication_rel'::pg_catalog.regclass AND r.oid = h.oid) p ON true)
SELECT pg_catalog.json_build_object('n', n, 'described', pg_catalog.pg_describe_object(class, oid, 0), 'is_owner', false,
    'is_other_kind', true)::pg_catalog.text
FROM (SELECT rel.n, 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, rel.oid
    FROM rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid
    WHERE rel.kind = 'relation' AND pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, rel.oid, 0) IS NOT NULL
        AND pg_catalog.strpos(rel.sub, c.relkind::pg_catalog.text) = 0) other
UNION ALL
SELECT pg_catalog.json_build_object(
    'is_other_kind', false, 'n', n, 'is_owner', is_owner, 'described', described, 'kind', kind, 'schema', schema, 'name', name,
    'part', part,
    'ancestors', CASE WHEN kind IN ('r', 'p', 'f', 'default') THEN (
        WITH RECURSIVE up(oid) AS (
            SELECT oid FROM pg_catalog.pg_class c WHERE c.relname = named.name
                AND c.relnamespace = (SELECT ns.oid FROM pg_catalog.pg_namespace ns WHERE ns.nspname = named.schema)
            UNION
            SELECT i.inhparent FROM up JOIN pg_catalog.pg_inherits i ON i.inhrelid = up.oid)
        SELECT pg_catalog.json_agg(pg_catalog.json_build_object('schema', ns.nspname, 'name', c.relname))
        FROM up JOIN pg_catalog.pg_class c ON c.oid = up.oid JOIN pg_catalog.pg_namespace ns ON ns.oid = c.relnamespace) END,
    -- Nothing that holds rows.
    'drop', CASE
        WHEN is_owner THEN NULL
        WHEN kind = 'v' THEN pg_catalog.format('DROP VIEW %I.%I', schema, name)
        WHEN kind = 'm' THEN pg_catalog.format('DROP MATERIALIZED VIEW %I.%I', schema, name)
        WHEN kind = 'i' THEN pg_catalog.format('DROP INDEX %I.%I', schema, name)
        WHEN kind = 'constraint' THEN pg_catalog.format('ALTER TABLE %I.%I DROP CONSTRAINT %I', schema, name, part)
        WHEN kind = 'default' THEN pg_catalog.format('ALTER TABLE %I.%I ALTER COLUMN %I DROP DEFAULT', schema, name, part)
        WHEN kind IN ('rule', 'trigger', 'policy') THEN pg_catalog.format('DROP %s %I ON %I.%I', pg_catalog.upper(kind), part, schema, name)
        END)::pg_catalog.text
FROM named
-- None of what another session has just dropped.
WHERE described IS NOT NULL
