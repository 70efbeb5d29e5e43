SELECT 'policy', pg_catalog.json_build_object(
    'schema', r.nspname, 'table', r.relname, 'name', p.polname, 'command', p.polcmd, 'permissive', p.polpermissive,
    'roles', (SELECT coalesce(pg_catalog.json_agg(CASE WHEN role = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(role)::text END
        ORDER BY CASE WHEN role = 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(role)::text END), '[]')
        FROM pg_catalog.unnest(p.polroles) AS role),
    'using', pg_catalog.pg_get_expr(p.polqual, p.polrelid),
    'check', pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', pg_catalog.obj_description(p.oid, 'pg_policy')
)::text
FROM rel r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid
