SELECT s.prefix || quote_ident(c.opcname) || ' using ' || quote_ident(am.amname), c.opcdefault, format_type(c.opcintype, NULL),
    CASE WHEN c.opckeytype <> 0 THEN format_type(c.opckeytype, NULL) END,
    fs.prefix || quote_ident(f.opfname),
    (SELECT json_agg(o.amopstrategy || ' ' || o.amopopr::regoperator::text ORDER BY o.amopstrategy, o.amopopr::regoperator::text) FROM pg_amop o
        WHERE o.amopfamily = f.oid AND (o.amoplefttype = c.opcintype AND o.amoprighttype = c.opcintype
        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass AND d.objid = o.oid AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid))),
    (SELECT json_agg(p.amprocnum || ' ' || p.amproc::oid::regprocedure::text ORDER BY p.amprocnum) FROM pg_amproc p
        WHERE p.amprocfamily = f.oid AND (p.amproclefttype = c.opcintype AND p.amprocrighttype = c.opcintype
        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_opclass'::regclass AND d.refobjid = c.oid))),
    de.description, {owner:c.opcowner}
FROM pg_opclass c JOIN spc s ON s.oid = c.opcnamespace AND s.looked JOIN pg_am am ON am.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN spc fs ON fs.oid = f.opfnamespace
{described:pg_opclass, c.oid, 0}
WHERE {own:pg_opclass, c.oid}
