SELECT x.grantee FROM pg_class c, aclexplode(c.relacl) AS x
WHERE c.oid = to_regclass({name}) AND x.privilege_type = 'TRIGGER' AND x.grantee <> c.relowner
    AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = x.grantee AND r.rolsuper) LIMIT 1
