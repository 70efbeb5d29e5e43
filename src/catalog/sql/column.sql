SELECT 'column', pg_catalog.json_build_object(
    'schema', r.nspname, 'table', r.relname, 'name', a.attname, 'at', a.attnum,
    'type', {type:t},
    'format', pg_catalog.format_type(a.atttypid, a.atttypmod),
    'collation', CASE WHEN a.attcollation <> t.typcollation THEN (SELECT pg_catalog.json_build_object('schema', cn.nspname, 'name', c.collname)
        FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace cn ON cn.oid = c.collnamespace WHERE c.oid = a.attcollation) END,
    'not_null', a.attnotnull,
    'identity', a.attidentity, 'generated', a.attgenerated,
    'inherited', NOT a.attislocal,
    'expression', pg_catalog.pg_get_expr(ad.adbin, ad.adrelid),
    'next', (SELECT pg_catalog.json_build_object('schema', sn.nspname, 'name', s.relname)
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.refobjid AND s.relkind = 'S'
        JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
        WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = ad.oid
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass LIMIT 1),
    'statistics', nullif(a.attstattarget, -1),
    'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END,
    'compression', {compression},
    -- Since 15.20 the server keeps a number of its own there.
    'options', ARRAY(SELECT o FROM pg_catalog.unnest(a.attoptions) o WHERE NOT pg_catalog.starts_with(o, 'pg_')),
    'comment', pg_catalog.col_description(r.oid, a.attnum),
    'acl', CASE WHEN a.attacl IS NULL THEN '[]' ELSE {acl:a.attacl} END
)::text
FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef ad ON a.atthasdef AND ad.adrelid = r.oid AND ad.adnum = a.attnum
WHERE r.relkind NOT IN ('i', 'I', 'S')
