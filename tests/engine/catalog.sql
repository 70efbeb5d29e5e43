-- The schema of a database as facts: kind, name, properties as JSON. Left out: what is the server's own, what an extension
-- brought, lockgate's history, the order of columns, and NOT NULL as a constraint (18 has it; the column says it everywhere).
-- Read with search_path = pg_catalog, so that every other name is written with its schema.
SELECT 'schema' AS kind, n.nspname::text AS name, jsonb_build_object(
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(n.nspacl, acldefault('n', n.nspowner))) a),
    'owner', n.nspowner::regrole::text)::text AS properties
FROM pg_namespace n
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')
UNION ALL
SELECT 'table' AS kind, format('%I.%I', n.nspname, c.relname) AS name, jsonb_build_object(
    'kind', c.relkind,
    'persistence', c.relpersistence,
    'bound', pg_get_expr(c.relpartbound, c.oid),
    'partition key', CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
    'parents', (SELECT string_agg(i.inhparent::regclass::text, ',' ORDER BY 1) FROM pg_inherits i WHERE i.inhrelid = c.oid),
    'rls', c.relrowsecurity,
    'force rls', c.relforcerowsecurity,
    'replica identity', c.relreplident,
    'options', array_to_string(c.reloptions, ','),
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a),
    'owner', c.relowner::regrole::text,
    'own triggers', (SELECT string_agg(DISTINCT g.tgenabled::text, '') FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgisinternal))::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
WHERE c.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT 'column' AS kind, format('%I.%I.%I', n.nspname, c.relname, a.attname) AS name, jsonb_build_object(
    'type', format_type(a.atttypid, a.atttypmod),
    'not null', a.attnotnull,
    'collation', CASE WHEN a.attcollation <> y.typcollation THEN a.attcollation::regcollation::text END,
    'default', pg_get_expr(d.adbin, d.adrelid),
    'identity', a.attidentity,
    'generated', a.attgenerated,
    'storage', a.attstorage,
    'statistics', nullif(a.attstattarget, -1),
    'compression', to_jsonb(a) ->> 'attcompression',
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(a.attacl) a),
    'options', (SELECT string_agg(o, ',') FROM unnest(a.attoptions) o WHERE o !~ '^pg_'))::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type y ON y.oid = a.atttypid LEFT
  JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
UNION ALL
SELECT 'constraint' AS kind, format('%I.%I.%I', n.nspname, c.relname, k.conname) AS name, jsonb_build_object(
    'definition', pg_get_constraintdef(k.oid),
    'type', k.contype)::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_constraint k ON k.conrelid = c.oid
WHERE k.contype NOT IN ('t', 'n')
UNION ALL
SELECT 'domain constraint' AS kind, format('%I.%I.%I', n.nspname, t.typname, k.conname) AS name, jsonb_build_object(
    'definition', pg_get_constraintdef(k.oid))::text AS properties
FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
  JOIN pg_constraint k ON k.contypid = t.oid
WHERE k.contype <> 'n'
UNION ALL
SELECT 'index' AS kind, format('%I.%I', n.nspname, c.relname) AS name, jsonb_build_object(
    'definition', pg_get_indexdef(c.oid),
    'valid', i.indisvalid,
    'ready', i.indisready,
    'primary', i.indisprimary,
    'replica identity', i.indisreplident,
    'clustered', i.indisclustered,
    'constraint', (SELECT k.conname FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') LIMIT 1))::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_index i ON i.indexrelid = c.oid
WHERE i.indrelid::regclass::text !~ 'lockgate_history'
UNION ALL
SELECT 'view' AS kind, format('%I.%I', n.nspname, c.relname) AS name, jsonb_build_object(
    'definition', pg_get_viewdef(c.oid),
    'kind', c.relkind,
    'options', array_to_string(c.reloptions, ','),
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a),
    'populated', c.relispopulated)::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
WHERE c.relkind IN ('v', 'm')
UNION ALL
SELECT 'rule' AS kind, format('%I.%I.%I', n.nspname, c.relname, r.rulename) AS name, jsonb_build_object(
    'definition', pg_get_ruledef(r.oid),
    'enabled', r.ev_enabled)::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_rewrite r ON r.ev_class = c.oid
WHERE r.rulename <> '_RETURN'
UNION ALL
SELECT 'function' AS kind, p.oid::regprocedure::text AS name, jsonb_build_object(
    'definition', CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END,
    'kind', p.prokind,
    'aggregate', (SELECT jsonb_build_array(g.aggtransfn::text, g.aggfinalfn::text, g.agginitval, g.aggtranstype::regtype::text, g.aggsortop::regoperator::text, g.aggcombinefn::text) FROM pg_aggregate g WHERE g.aggfnoid = p.oid)::text,
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a),
    'owner', p.proowner::regrole::text)::text AS properties
FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
WHERE NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
UNION ALL
SELECT 'trigger' AS kind, format('%I.%I.%I', n.nspname, c.relname, g.tgname) AS name, jsonb_build_object(
    'definition', pg_get_triggerdef(g.oid),
    'enabled', g.tgenabled)::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_trigger g ON g.tgrelid = c.oid
WHERE NOT g.tgisinternal
UNION ALL
SELECT 'event trigger' AS kind, v.evtname AS name, jsonb_build_object(
    'event', v.evtevent,
    'enabled', v.evtenabled,
    'tags', array_to_string(v.evttags, ','),
    'function', v.evtfoid::regprocedure::text)::text AS properties
FROM pg_event_trigger v
WHERE true
UNION ALL
SELECT 'policy' AS kind, format('%I.%I.%I', n.nspname, c.relname, l.polname) AS name, jsonb_build_object(
    'command', l.polcmd,
    'permissive', l.polpermissive,
    'using', pg_get_expr(l.polqual, l.polrelid),
    'check', pg_get_expr(l.polwithcheck, l.polrelid),
    'roles', (SELECT string_agg(CASE o WHEN 0 THEN 'public' ELSE o::regrole::text END, ',' ORDER BY 1) FROM unnest(l.polroles) o))::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_policy l ON l.polrelid = c.oid
UNION ALL
SELECT 'enum' AS kind, format('%I.%I', n.nspname, t.typname) AS name, jsonb_build_object(
    'labels', (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid))::text AS properties
FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
WHERE t.typtype = 'e'
UNION ALL
SELECT 'domain' AS kind, format('%I.%I', n.nspname, t.typname) AS name, jsonb_build_object(
    'type', format_type(t.typbasetype, t.typtypmod),
    'not null', t.typnotnull,
    'default', t.typdefault,
    'collation', nullif(t.typcollation, 0)::regcollation::text)::text AS properties
FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
WHERE t.typtype = 'd'
UNION ALL
SELECT 'range' AS kind, format('%I.%I', n.nspname, t.typname) AS name, jsonb_build_object(
    'subtype', r.rngsubtype::regtype::text,
    'canonical', r.rngcanonical::text,
    'difference', r.rngsubdiff::text)::text AS properties
FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
  JOIN pg_range r ON r.rngtypid = t.oid
UNION ALL
SELECT 'sequence' AS kind, format('%I.%I', n.nspname, c.relname) AS name, jsonb_build_object(
    'options', concat_ws(' ', s.seqtypid::regtype, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, s.seqcache),
    'owner', (SELECT format('%s.%I %s', d.refobjid::regclass, a.attname, d.deptype) FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner))) a),
    'persistence', c.relpersistence)::text AS properties
FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname !~ '^lockgate_history' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  JOIN pg_sequence s ON s.seqrelid = c.oid
UNION ALL
SELECT 'extension' AS kind, x.extname AS name, jsonb_build_object(
    'version', x.extversion,
    'schema', x.extnamespace::regnamespace::text)::text AS properties
FROM pg_extension x
WHERE true
UNION ALL
SELECT 'statistics' AS kind, format('%I.%I', n.nspname, s.stxname) AS name, jsonb_build_object(
    'definition', pg_get_statisticsobjdef(s.oid))::text AS properties
FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT 'publication' AS kind, b.pubname AS name, jsonb_build_object(
    'flags', concat_ws(' ', b.puballtables, b.pubinsert, b.pubupdate, b.pubdelete, b.pubtruncate, b.pubviaroot),
    'tables', (SELECT string_agg(r.prrelid::regclass::text, ',' ORDER BY r.prrelid::regclass::text) FROM pg_publication_rel r WHERE r.prpubid = b.oid))::text AS properties
FROM pg_publication b
WHERE true
UNION ALL
SELECT 'collation' AS kind, format('%I.%I', n.nspname, c.collname) AS name, jsonb_build_object(
    'definition', concat_ws(' ', c.collprovider, c.collisdeterministic, c.collcollate, c.collctype, c.collencoding))::text AS properties
FROM pg_collation c
  JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT EXISTS (SELECT FROM pg_depend e
WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT 'default grant' AS kind, concat_ws(' ', d.defaclrole::regrole, d.defaclnamespace::regnamespace, d.defaclobjtype) AS name, jsonb_build_object(
    'acl', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(d.defaclacl) a))::text AS properties
FROM pg_default_acl d
WHERE true
UNION ALL
SELECT 'comment' AS kind, (SELECT o.type || ' ' || o.identity FROM pg_identify_object(d.classoid, d.objoid, d.objsubid) o) AS name, jsonb_build_object(
    'text', d.description)::text AS properties
FROM pg_description d
WHERE d.objoid >= 16384 OR (d.classoid = 'pg_namespace'::regclass AND d.objoid = 'public'::regnamespace)
