SELECT 'event_trigger', pg_catalog.json_build_object('name', e.evtname, 'event', e.evtevent, 'enabled', e.evtenabled,
    'function', (SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', p.proname)
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = e.evtfoid),
    'tags', coalesce(e.evttags, '{}'),
    'owner', pg_catalog.pg_get_userbyid(e.evtowner),
    'comment', pg_catalog.obj_description(e.oid, 'pg_event_trigger')
)::text FROM pg_catalog.pg_event_trigger e WHERE e.evtname = ANY ({names})
