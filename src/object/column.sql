-- A view's columns follow from its query; only what was set on one of them is told.
SELECT r.name || '.' || quote_ident(a.attname),
    format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> ty.typcollation THEN (SELECT s.prefix || quote_ident(c.collname)
        FROM pg_collation c JOIN spc s ON s.oid = c.collnamespace WHERE c.oid = a.attcollation) END,
    CASE WHEN a.attnotnull AND r.relkind NOT IN ('v', 'm') THEN 'yes' END, {not_null_not_valid}, {not_null_no_inherit},
    CASE WHEN a.atthasdef AND a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
    CASE WHEN a.atthasdef AND a.attgenerated <> '' THEN pg_get_expr(ad.adbin, ad.adrelid) END,
    a.attgenerated = 'v',
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
    CASE WHEN a.attidentity <> '' THEN (SELECT {sequence:s} FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid AND d.refobjsubid = a.attnum
        AND d.classid = 'pg_class'::regclass AND d.deptype = 'i') END,
    CASE WHEN a.attstorage <> ty.typstorage THEN CASE a.attstorage
        WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
    {compression},
    nullif(a.attstattarget, -1),
    -- Since 15.20 the server keeps a number of its own there.
    CASE WHEN cardinality(a.attoptions) > 1 OR NOT starts_with(a.attoptions[1], 'pg_') THEN (SELECT json_agg(o.o ORDER BY o.o)
        FROM unnest(a.attoptions) AS o(o) WHERE NOT starts_with(o.o, 'pg_')) END,
    {options:a.attfdwoptions},
    de.description, {grants:a.attacl, 'c', r.relowner}
FROM rel r
JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type ty ON ty.oid = a.atttypid
LEFT JOIN pg_attrdef ad ON a.atthasdef AND ad.adrelid = r.oid AND ad.adnum = a.attnum
{not_null_constraint}
{described:pg_class, r.oid, a.attnum}
WHERE r.relkind IN ('r', 'p', 'f') OR ad.oid IS NOT NULL OR de.description IS NOT NULL OR a.attacl IS NOT NULL
    OR r.relkind = 'm' AND (coalesce(a.attstattarget, -1) <> -1 OR a.attstorage <> ty.typstorage OR {is_compressed}
        OR cardinality(a.attoptions) > 1 OR NOT starts_with(a.attoptions[1], 'pg_'))
