SELECT 'collation', pg_catalog.json_build_object(
    'schema', c.nspname, 'name', c.collname, 'provider', c.collprovider, 'deterministic', c.collisdeterministic,
    'collate', c.collcollate, 'ctype', c.collctype, 'locale', {collation_locale}, 'rules', {collation_rules},
    'owner', pg_catalog.pg_get_userbyid(c.collowner),
    'comment', pg_catalog.obj_description(c.oid, 'pg_collation')
)::text FROM col c
