SELECT 'for ' || format_type(t.trftype, NULL) || ' language ' || quote_ident(l.lanname),
    CASE WHEN t.trffromsql::oid <> 0 THEN t.trffromsql::oid::regprocedure::text END,
    CASE WHEN t.trftosql::oid <> 0 THEN t.trftosql::oid::regprocedure::text END,
    de.description
FROM pg_transform t JOIN pg_language l ON l.oid = t.trflang
{described:pg_transform, t.oid, 0}
WHERE {own:pg_transform, t.oid}
