SELECT 'publication', pg_catalog.json_build_object('name', p.pubname, 'all_tables', p.puballtables,
    'tables', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('table', pg_catalog.json_build_object('schema', n.nspname,
            'name', c.relname), 'columns', {publication_columns}, 'filter', {publication_filter})), '[]')
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid),
    'schemas', {publication_schemas},
    'acts', pg_catalog.array_remove(ARRAY[CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubinsert THEN 'insert' END,
        CASE WHEN p.pubtruncate THEN 'truncate' END, CASE WHEN p.pubupdate THEN 'update' END], NULL),
    'via_root', p.pubviaroot, 'generated', {publication_generated},
    'owner', pg_catalog.pg_get_userbyid(p.pubowner),
    'comment', pg_catalog.obj_description(p.oid, 'pg_publication')
)::text FROM pg_catalog.pg_publication p WHERE p.pubname = ANY ({names})
