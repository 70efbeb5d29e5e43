SELECT concat('of ', quote_ident(pg_get_userbyid(d.defaclrole)), ' on ',
        CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types'
            WHEN 'n' THEN 'schemas' ELSE 'large objects' END,
        CASE WHEN s.oid IS NULL THEN ' everywhere' WHEN s.prefix <> '' THEN ' in ' || quote_ident(s.nspname) END),
    {grants:d.defaclacl, 'r', d.defaclrole}
FROM pg_default_acl d LEFT JOIN spc s ON s.oid = d.defaclnamespace
WHERE {privileges} AND (s.oid IS NULL OR s.looked)
