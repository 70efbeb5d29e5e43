SELECT '(' || format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) || ')',
    CASE WHEN c.castfunc <> 0 THEN c.castfunc::regprocedure::text END,
    CASE c.castmethod WHEN 'i' THEN 'inout' WHEN 'b' THEN 'binary' END,
    CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' END,
    de.description
FROM pg_cast c
{described:pg_cast, c.oid, 0}
-- A range's cast to its multirange comes with the type.
WHERE c.oid >= 16384 AND {own:pg_cast, c.oid}
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_cast'::regclass AND d.objid = c.oid AND d.deptype = 'i')
