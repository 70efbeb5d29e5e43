SELECT 'extension', pg_catalog.json_build_object('name', e.extname, 'schema', n.nspname, 'version', e.extversion,
    'owner', pg_catalog.pg_get_userbyid(e.extowner),
    'comment', pg_catalog.obj_description(e.oid, 'pg_extension')
)::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = ANY ({names})
