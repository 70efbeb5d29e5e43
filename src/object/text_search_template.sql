SELECT s.prefix || quote_ident(t.tmplname), CASE WHEN t.tmplinit::oid <> 0 THEN t.tmplinit::text END, t.tmpllexize::text, de.description
FROM pg_ts_template t JOIN spc s ON s.oid = t.tmplnamespace AND s.looked
{described:pg_ts_template, t.oid, 0}
WHERE {own:pg_ts_template, t.oid}
