SELECT 'constraint', pg_catalog.json_build_object(
    'schema', r.nspname, 'table', r.relname, 'name', c.conname, 'kind', c.contype,
    'definition', pg_catalog.pg_get_constraintdef(c.oid),
    'columns', {columns:c.conrelid, c.conkey},
    'valid', c.convalidated, 'deferrable', c.condeferrable, 'initially_deferred', c.condeferred,
    'no_inherit', c.connoinherit, 'inherited', NOT c.conislocal,
    'foreign', CASE WHEN c.contype = 'f' THEN (SELECT pg_catalog.json_build_object(
            'target', pg_catalog.json_build_object('schema', fn.nspname, 'name', f.relname),
            'columns', {columns:c.confrelid, c.confkey},
            'key', (SELECT {columns:p.conrelid, p.conkey} FROM pg_catalog.pg_constraint p WHERE p.conrelid = c.confrelid AND p.contype = 'p'),
            'matching', c.confmatchtype, 'on_update', c.confupdtype, 'on_delete', c.confdeltype,
            'delete_columns', {delete_columns})
        FROM pg_catalog.pg_class f JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace WHERE f.oid = c.confrelid) END,
    'index', CASE WHEN c.contype IN ('p', 'u', 'x') THEN (SELECT pg_catalog.json_build_object('name', x.relname,
            'include', (SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY k.at), '[]')
                FROM pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, at)
                JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.at > i.indnkeyatts),
            'nulls_not_distinct', {nulls_not_distinct})
        FROM pg_catalog.pg_class x JOIN pg_catalog.pg_index i ON i.indexrelid = x.oid WHERE x.oid = c.conindid) END,
    'comment', pg_catalog.obj_description(c.oid, 'pg_constraint')
)::text
FROM rel r JOIN pg_catalog.pg_constraint c ON c.conrelid = r.oid AND c.contype <> 't'
