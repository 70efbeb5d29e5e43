SELECT s.prefix || quote_ident(t.typname),
    CASE t.typtype WHEN 'e' THEN (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) END,
    CASE t.typtype WHEN 'c' THEN (SELECT coalesce(json_agg(concat(quote_ident(a.attname), ' ', format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation <> at.typcollation THEN (SELECT ' COLLATE ' || cs.prefix || quote_ident(c.collname)
                FROM pg_collation c JOIN spc cs ON cs.oid = c.collnamespace WHERE c.oid = a.attcollation) END) ORDER BY a.attnum), '[]')
        FROM pg_attribute a JOIN pg_type at ON at.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END,
    CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
    CASE WHEN t.typtype = 'd' AND t.typcollation <> bt.typcollation OR t.typtype = 'r' AND ra.rngcollation <> rt.typcollation
        THEN (SELECT cs.prefix || quote_ident(c.collname) FROM pg_collation c JOIN spc cs ON cs.oid = c.collnamespace
            WHERE c.oid = CASE t.typtype WHEN 'd' THEN t.typcollation ELSE ra.rngcollation END) END,
    t.typtype = 'd' AND t.typnotnull,
    CASE t.typtype WHEN 'd' THEN coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) END,
    CASE t.typtype WHEN 'r' THEN format_type(ra.rngsubtype, NULL) END,
    {multirange},
    CASE WHEN NOT oc.opcdefault THEN os.prefix || quote_ident(oc.opcname) END,
    CASE WHEN ra.rngcanonical::oid <> 0 THEN ra.rngcanonical::text END,
    CASE WHEN ra.rngsubdiff::oid <> 0 THEN ra.rngsubdiff::text END,
    CASE t.typtype WHEN 'b' THEN concat(t.typinput::text, ' ', t.typoutput::text, ' ', t.typlen, ' ', t.typalign) END,
    de.description, {owner:t.typowner}, {grants:t.typacl, 'T', t.typowner}
FROM pg_type t
JOIN spc s ON s.oid = t.typnamespace AND s.looked
LEFT JOIN pg_class c ON c.oid = t.typrelid
LEFT JOIN pg_type bt ON bt.oid = t.typbasetype
LEFT JOIN pg_range ra ON ra.rngtypid = t.oid
LEFT JOIN pg_type rt ON rt.oid = ra.rngsubtype
{multirange_type}
LEFT JOIN pg_opclass oc ON oc.oid = ra.rngsubopc
LEFT JOIN spc os ON os.oid = oc.opcnamespace
{described:pg_type, t.oid, 0}
WHERE (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c' OR t.typtype = 'b' AND t.typcategory <> 'A' AND t.typisdefined)
    AND {own:pg_type, t.oid} AND NOT (t.typtype = 'c' AND NOT {own:pg_class, t.typrelid})
