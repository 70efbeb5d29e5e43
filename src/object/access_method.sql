SELECT quote_ident(a.amname), CASE a.amtype WHEN 't' THEN 'table' ELSE 'index' END, a.amhandler::text, de.description
FROM pg_am a
{described:pg_am, a.oid, 0}
WHERE a.oid >= 16384 AND {own:pg_am, a.oid}
