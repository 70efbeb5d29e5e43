SELECT 'schema', pg_catalog.json_build_object('name', n.nspname, 'owner', pg_catalog.pg_get_userbyid(n.nspowner),
    'comment', pg_catalog.obj_description(n.oid, 'pg_namespace'),
    'acl', {acl:coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))}
)::text FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY ({names})
