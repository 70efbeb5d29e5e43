SELECT 'role', pg_catalog.json_build_object('name', r.rolname,
    'comment', pg_catalog.shobj_description(r.oid, 'pg_authid'),
    'members', (SELECT coalesce(pg_catalog.json_agg(DISTINCT pg_catalog.pg_get_userbyid(m.member)), '[]')
        FROM pg_catalog.pg_auth_members m WHERE m.roleid = r.oid)
)::text FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ({names})
