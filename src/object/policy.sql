SELECT r.name || '.' || quote_ident(p.polname),
    CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END,
    NOT p.polpermissive,
    CASE WHEN NOT 0 = ANY (p.polroles) THEN (SELECT json_agg(pg_get_userbyid(o.o) ORDER BY pg_get_userbyid(o.o)) FROM unnest(p.polroles) AS o(o)) END,
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
    de.description
FROM rel r JOIN pg_policy p ON p.polrelid = r.oid
{described:pg_policy, p.oid, 0}
