SELECT 'type', pg_catalog.json_build_object(
    'schema', y.nspname, 'name', y.typname, 'kind', y.typtype,
    'labels', CASE WHEN y.typtype = 'e' THEN (SELECT coalesce(pg_catalog.json_agg(e.enumlabel ORDER BY e.enumsortorder), '[]')
        FROM pg_catalog.pg_enum e WHERE e.enumtypid = y.oid) END,
    'attributes', CASE WHEN y.typtype = 'c' THEN (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', a.attname, 'type', {type:t}, 'format', pg_catalog.format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END,
    'domain', CASE WHEN y.typtype = 'd' THEN (SELECT pg_catalog.json_build_object(
            'base', pg_catalog.format_type(y.typbasetype, y.typtypmod), 'not_null', y.typnotnull, 'default', pg_catalog.pg_get_expr(y.typdefaultbin, 0),
            'collation', CASE WHEN y.typcollation <> b.typcollation THEN (SELECT pg_catalog.format('%I.%I', cn.nspname, c.collname)
                FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace WHERE c.oid = y.typcollation) END,
            'constraints', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('name', c.conname, 'definition',
                pg_catalog.pg_get_constraintdef(c.oid), 'valid', c.convalidated) ORDER BY c.conname), '[]')
                FROM pg_catalog.pg_constraint c WHERE c.contypid = y.oid AND c.contype = 'c'))
        FROM pg_catalog.pg_type b WHERE b.oid = y.typbasetype) END,
    'range', CASE WHEN y.typtype = 'r' THEN (SELECT pg_catalog.json_build_object(
            'subtype', pg_catalog.format_type(g.rngsubtype, NULL),
            'collation', (SELECT pg_catalog.format('%I.%I', cn.nspname, c.collname) FROM pg_catalog.pg_collation c
                JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace WHERE c.oid = g.rngcollation),
            'operator_class', (SELECT pg_catalog.format('%I.%I', n.nspname, o.opcname) FROM pg_catalog.pg_opclass o
                JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = g.rngsubopc),
            'canonical', g.rngcanonical::pg_catalog.regproc::text, 'difference', g.rngsubdiff::pg_catalog.regproc::text)
        FROM pg_catalog.pg_range g WHERE g.rngtypid = y.oid) END,
    'owner', pg_catalog.pg_get_userbyid(y.typowner),
    'comment', pg_catalog.obj_description(y.oid, 'pg_type'),
    'acl', {acl:coalesce(y.typacl, pg_catalog.acldefault('T', y.typowner))}
)::text FROM typ y
WHERE y.typtype IN ('e', 'd', 'r') OR y.typtype = 'c' AND (SELECT c.relkind FROM pg_catalog.pg_class c WHERE c.oid = y.typrelid) = 'c'
