SELECT 'trigger', pg_catalog.json_build_object(
    'schema', r.nspname, 'table', r.relname, 'name', g.tgname, 'enabled', g.tgenabled,
    'written', {written:g.tgname},
    'definition', pg_catalog.pg_get_triggerdef(g.oid),
    'function', (SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', p.proname)
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = g.tgfoid),
    'comment', pg_catalog.obj_description(g.oid, 'pg_trigger')
)::text
FROM rel r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal
