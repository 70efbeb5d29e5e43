SELECT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user),
    EXISTS (SELECT FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) AS x
        WHERE n.nspname = {schema} AND x.grantee = 0 AND x.privilege_type = 'CREATE')
