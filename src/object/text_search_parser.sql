SELECT s.prefix || quote_ident(p.prsname), p.prsstart::text, p.prstoken::text, p.prsend::text, p.prslextype::text,
    CASE WHEN p.prsheadline::oid <> 0 THEN p.prsheadline::text END, de.description
FROM pg_ts_parser p JOIN spc s ON s.oid = p.prsnamespace AND s.looked
{described:pg_ts_parser, p.oid, 0}
WHERE {own:pg_ts_parser, p.oid}
