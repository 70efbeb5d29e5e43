-- What stands behind the table's name is the definition: keys, operator classes, collations, order, INCLUDE, options, predicate.
SELECT 'index', pg_catalog.json_build_object(
    'schema', xn.nspname, 'name', x.relname,
    'table', pg_catalog.json_build_object('schema', r.nspname, 'name', r.relname),
    'unique', i.indisunique, 'valid', i.indisvalid AND i.indisready AND i.indislive,
    'method', am.amname,
    'definition', pg_catalog.substr(d.def, pg_catalog.strpos(d.def, ' USING ' || pg_catalog.quote_ident(am.amname) || ' (') + 1),
    'columns', (SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_catalog.pg_depend dp
        JOIN pg_catalog.pg_attribute a ON a.attrelid = dp.refobjid AND a.attnum = dp.refobjsubid
        WHERE dp.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.objid = x.oid
        AND dp.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND dp.refobjid = i.indrelid AND dp.refobjsubid > 0),
    'partitioned', x.relkind = 'I',
    'constraint', (SELECT c.conname FROM pg_catalog.pg_constraint c WHERE c.conindid = x.oid AND c.contype IN ('p', 'u', 'x') AND c.conrelid = i.indrelid),
    'owner', pg_catalog.pg_get_userbyid(x.relowner),
    'comment', pg_catalog.obj_description(x.oid, 'pg_class')
)::text
FROM (SELECT i.indexrelid FROM rel JOIN pg_catalog.pg_index i ON i.indrelid = rel.oid
    UNION SELECT rel.oid FROM rel WHERE rel.relkind IN ('i', 'I')) AS named(oid)
JOIN pg_catalog.pg_index i ON i.indexrelid = named.oid
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_namespace xn ON xn.oid = x.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_am am ON am.oid = x.relam
CROSS JOIN LATERAL (SELECT t.relname, n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = t.relnamespace) AS r
CROSS JOIN LATERAL (SELECT pg_catalog.pg_get_indexdef(x.oid) AS def OFFSET 0) AS d
