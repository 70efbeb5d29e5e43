-- The objects of a database, for the makers of random statements. Ordered by name, so that a seed gives the same chain.
WITH mine AS (SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
own AS (SELECT c.oid, n.nspname, c.relname, c.relkind, c.relispartition, c.relpersistence FROM pg_catalog.pg_class c JOIN mine n ON n.oid = c.relnamespace
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'))
SELECT jsonb_build_object(
  'schemas', (SELECT jsonb_agg(jsonb_build_object('name', nspname) ORDER BY nspname) FROM mine),
  'relations', (SELECT jsonb_agg(jsonb_build_object('schema', c.nspname, 'name', c.relname, 'kind', c.relkind, 'partition', c.relispartition,
      'key', pg_get_partkeydef(c.oid),
      'columns', (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, NULL), 'not_null', a.attnotnull,
        'identity', a.attidentity, 'generated', a.attgenerated, 'default', a.atthasdef) ORDER BY a.attname)
        FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)) ORDER BY c.nspname, c.relname)
    FROM own c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')),
  'indexes', (SELECT jsonb_agg(jsonb_build_object('schema', c.nspname, 'name', c.relname, 'table', i.indrelid::regclass::text, 'unique', i.indisunique,
      'of_constraint', EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))) ORDER BY c.nspname, c.relname)
    FROM own c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid),
  'constraints', (SELECT jsonb_agg(jsonb_build_object('table', k.conrelid::regclass::text, 'name', k.conname, 'kind', k.contype, 'valid', k.convalidated,
      'domain', CASE WHEN k.contypid <> 0 THEN k.contypid::regtype::text END) ORDER BY k.conrelid::regclass::text, k.conname)
    FROM pg_catalog.pg_constraint k JOIN mine n ON n.oid = k.connamespace WHERE k.contype IN ('p', 'u', 'c', 'f', 'x')),
  'types', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', t.typname, 'kind', t.typtype,
      'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
      'attributes', (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
      ORDER BY n.nspname, t.typname)
    FROM pg_catalog.pg_type t JOIN mine n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND EXISTS (SELECT FROM own c WHERE c.oid = t.typrelid AND c.relkind = 'c')),
  'functions', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', p.proname, 'kind', p.prokind, 'result', p.prorettype::regtype::text,
      'arguments', pg_get_function_identity_arguments(p.oid)) ORDER BY n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
    FROM pg_catalog.pg_proc p JOIN mine n ON n.oid = p.pronamespace
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))),
  'triggers', (SELECT jsonb_agg(jsonb_build_object('table', g.tgrelid::regclass::text, 'name', g.tgname) ORDER BY g.tgrelid::regclass::text, g.tgname)
    FROM pg_catalog.pg_trigger g JOIN own c ON c.oid = g.tgrelid WHERE NOT g.tgisinternal),
  'policies', (SELECT jsonb_agg(jsonb_build_object('table', l.polrelid::regclass::text, 'name', l.polname) ORDER BY l.polrelid::regclass::text, l.polname)
    FROM pg_catalog.pg_policy l),
  'rules', (SELECT jsonb_agg(jsonb_build_object('table', r.ev_class::regclass::text, 'name', r.rulename) ORDER BY r.ev_class::regclass::text, r.rulename)
    FROM pg_catalog.pg_rewrite r JOIN own c ON c.oid = r.ev_class WHERE r.rulename <> '_RETURN'),
  'statistics', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', s.stxname) ORDER BY n.nspname, s.stxname)
    FROM pg_catalog.pg_statistic_ext s JOIN mine n ON n.oid = s.stxnamespace),
  'collations', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.collname) ORDER BY n.nspname, c.collname)
    FROM pg_catalog.pg_collation c JOIN mine n ON n.oid = c.collnamespace),
  'publications', (SELECT jsonb_agg(jsonb_build_object('name', b.pubname, 'all', b.puballtables) ORDER BY b.pubname) FROM pg_catalog.pg_publication b),
  'event_triggers', (SELECT jsonb_agg(jsonb_build_object('name', v.evtname) ORDER BY v.evtname) FROM pg_catalog.pg_event_trigger v),
  'extensions', (SELECT jsonb_agg(jsonb_build_object('name', x.extname) ORDER BY x.extname) FROM pg_catalog.pg_extension x WHERE x.extname <> 'plpgsql'),
  'servers', (SELECT jsonb_agg(jsonb_build_object('name', s.srvname) ORDER BY s.srvname) FROM pg_catalog.pg_foreign_server s),
  'configurations', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', c.cfgname) ORDER BY n.nspname, c.cfgname)
    FROM pg_catalog.pg_ts_config c JOIN mine n ON n.oid = c.cfgnamespace),
  'dictionaries', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', d.dictname) ORDER BY n.nspname, d.dictname)
    FROM pg_catalog.pg_ts_dict d JOIN mine n ON n.oid = d.dictnamespace),
  'operators', (SELECT jsonb_agg(jsonb_build_object('schema', n.nspname, 'name', o.oprname, 'left', o.oprleft::regtype::text, 'right', o.oprright::regtype::text) ORDER BY n.nspname, o.oprname, o.oprleft::regtype::text)
    FROM pg_catalog.pg_operator o JOIN mine n ON n.oid = o.oprnamespace WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e'))
)::text
