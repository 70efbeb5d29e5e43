SELECT s.prefix || quote_ident(d.dictname), ts.prefix || quote_ident(t.tmplname), d.dictinitoption,
    de.description, {owner:d.dictowner}
FROM pg_ts_dict d JOIN spc s ON s.oid = d.dictnamespace AND s.looked
JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN spc ts ON ts.oid = t.tmplnamespace
{described:pg_ts_dict, d.oid, 0}
WHERE {own:pg_ts_dict, d.oid}
