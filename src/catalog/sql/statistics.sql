SELECT 'statistics', pg_catalog.json_build_object(
    'schema', s.nspname, 'name', s.stxname,
    'table', (SELECT pg_catalog.json_build_object('schema', n.nspname, 'name', c.relname) FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = s.stxrelid),
    'kinds', (SELECT pg_catalog.json_agg(kind ORDER BY kind) FROM pg_catalog.unnest(s.stxkind) AS kind),
    'columns', (SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY a.attname), '[]')
        FROM pg_catalog.unnest(s.stxkeys::int2[]) AS k JOIN pg_catalog.pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k),
    'expressions', {statistics_expressions},
    'definition', pg_catalog.pg_get_statisticsobjdef(s.oid),
    'owner', pg_catalog.pg_get_userbyid(s.stxowner),
    'comment', pg_catalog.obj_description(s.oid, 'pg_statistic_ext')
)::text FROM sta s
