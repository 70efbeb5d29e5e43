-- That of an identity column is told with the column.
SELECT sp.prefix || quote_ident(c.relname), nullif(format_type(s.seqtypid, NULL), 'bigint'), {sequence:s},
    o.name || '.' || quote_ident(o.attname), c.relpersistence = 'u',
    de.description, {owner:c.relowner}, {grants:c.relacl, 's', c.relowner}
FROM pg_class c
JOIN spc sp ON sp.oid = c.relnamespace AND sp.looked
JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN (SELECT d.objid, d.deptype, ts.prefix || quote_ident(t.relname) AS name, a.attname, t.oid AS relation, t.relname
    FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid JOIN spc ts ON ts.oid = t.relnamespace
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.objsubid = 0 AND d.refobjsubid > 0
    AND d.deptype IN ('a', 'i') AND t.relkind IN ('r', 'p', 'f', 'v')) AS o ON o.objid = c.oid
{described:pg_class, c.oid, 0}
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND coalesce(o.deptype, 'n') <> 'i' AND {own:pg_class, c.oid}
    AND (o.relation IS NULL OR o.relname <> ALL ({histories}) AND o.relation <> ALL ({locked}))
