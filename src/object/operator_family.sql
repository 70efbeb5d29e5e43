SELECT s.prefix || quote_ident(f.opfname) || ' using ' || quote_ident(am.amname),
    -- What a class of the family does not hold already.
    (SELECT json_agg(o.amopstrategy || ' ' || o.amopopr::regoperator::text || CASE WHEN o.amopsortfamily <> 0 THEN
            (SELECT ' FOR ORDER BY ' || ss.prefix || quote_ident(sf.opfname) FROM pg_opfamily sf JOIN spc ss ON ss.oid = sf.opfnamespace
            WHERE sf.oid = o.amopsortfamily) ELSE '' END ORDER BY o.amopstrategy, o.amopopr::regoperator::text)
        FROM pg_amop o WHERE o.amopfamily = f.oid AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = f.oid
            AND c.opcintype = o.amoplefttype AND c.opcintype = o.amoprighttype)
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass AND d.objid = o.oid AND d.refclassid = 'pg_opclass'::regclass)),
    (SELECT json_agg(p.amprocnum || ' (' || format_type(p.amproclefttype, NULL) || ', ' || format_type(p.amprocrighttype, NULL) || ') '
            || p.amproc::oid::regprocedure::text ORDER BY p.amprocnum, format_type(p.amproclefttype, NULL), format_type(p.amprocrighttype, NULL))
        FROM pg_amproc p WHERE p.amprocfamily = f.oid AND NOT EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = f.oid
            AND c.opcintype = p.amproclefttype AND c.opcintype = p.amprocrighttype)
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_opclass'::regclass)),
    de.description, {owner:f.opfowner}
FROM pg_opfamily f JOIN spc s ON s.oid = f.opfnamespace AND s.looked JOIN pg_am am ON am.oid = f.opfmethod
{described:pg_opfamily, f.oid, 0}
WHERE {own:pg_opfamily, f.oid}
