SELECT s.prefix || quote_ident(c.cfgname), ps.prefix || quote_ident(p.prsname),
    (SELECT json_agg(m.token || ' ' || m.dictionaries ORDER BY m.token) FROM (
        SELECT t.alias AS token, string_agg(m.mapdict::regdictionary::text, ', ' ORDER BY m.mapseqno) AS dictionaries
        FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) AS t ON t.tokid = m.maptokentype WHERE m.mapcfg = c.oid GROUP BY t.alias) AS m),
    de.description, {owner:c.cfgowner}
FROM pg_ts_config c JOIN spc s ON s.oid = c.cfgnamespace AND s.looked
JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN spc ps ON ps.oid = p.prsnamespace
{described:pg_ts_config, c.oid, 0}
WHERE {own:pg_ts_config, c.oid}
