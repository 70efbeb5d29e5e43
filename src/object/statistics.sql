SELECT s.prefix || quote_ident(x.stxname), r.name,
    (SELECT json_agg(CASE k.k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies' WHEN 'm' THEN 'mcv' END ORDER BY k.k)
        FROM unnest(x.stxkind) AS k(k) WHERE k.k <> 'e'),
    {names:x.stxrelid, x.stxkeys::int2[]},
    {expressions},
    nullif(x.stxstattarget, -1),
    de.description, {owner:x.stxowner}
FROM rel r JOIN pg_statistic_ext x ON x.stxrelid = r.oid JOIN spc s ON s.oid = x.stxnamespace
{described:pg_statistic_ext, x.oid, 0}
