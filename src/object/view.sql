SELECT r.name, r.relkind = 'm', pg_get_viewdef(r.oid, false),
    {list:r.reloptions},
    CASE r.relkind WHEN 'm' THEN nullif(am.amname, 'heap') END,
    de.description, {owner:r.relowner}, {grants:r.relacl, 'r', r.relowner}
FROM rel r
LEFT JOIN pg_am am ON am.oid = r.relam
{described:pg_class, r.oid, 0}
WHERE r.relkind IN ('v', 'm')
