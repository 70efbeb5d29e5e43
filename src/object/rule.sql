SELECT r.name || '.' || quote_ident(w.rulename), pg_get_ruledef(w.oid, true),
    CASE w.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
    de.description
FROM rel r JOIN pg_rewrite w ON w.ev_class = r.oid AND w.rulename <> '_RETURN'
{described:pg_rewrite, w.oid, 0}
