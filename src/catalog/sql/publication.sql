SELECT 'publication', pg_catalog.json_build_object('name', p.pubname, 'all_tables', p.puballtables,
    'tables', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname)), '[]')
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid),
    'insert', p.pubinsert, 'update', p.pubupdate, 'delete', p.pubdelete, 'truncate', p.pubtruncate,
    'plain', {publication_plain},
    'owner', pg_catalog.pg_get_userbyid(p.pubowner),
    'comment', pg_catalog.obj_description(p.oid, 'pg_publication')
)::text FROM pg_catalog.pg_publication p WHERE p.pubname = ANY ({names})
