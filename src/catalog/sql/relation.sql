-- Tables, views, sequences, composite types; an index has a row of its own.
SELECT 'relation', pg_catalog.json_build_object(
    'schema', r.nspname, 'name', r.relname, 'kind', r.relkind, 'persistence', r.relpersistence,
    'owner', pg_catalog.pg_get_userbyid(r.relowner),
    'row_security', r.relrowsecurity, 'force_row_security', r.relforcerowsecurity,
    'replica_identity', CASE r.relreplident
        WHEN 'i' THEN (SELECT x.relname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
            WHERE i.indrelid = r.oid AND i.indisreplident)
        ELSE r.relreplident::text END,
    'options', pg_catalog.array_cat(coalesce(r.reloptions, '{}'), (SELECT pg_catalog.array_agg(pg_catalog.concat('toast.', o.o))
        FROM pg_catalog.pg_class t, pg_catalog.unnest(t.reloptions) AS o(o) WHERE t.oid = r.reltoastrelid)),
    'rows', r.reltuples,
    'partition_by', CASE WHEN r.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(r.oid) END,
    'bound', CASE WHEN r.relispartition THEN pg_catalog.pg_get_expr(r.relpartbound, r.oid) END,
    'is_partition', r.relispartition,
    -- Of its parent's key, the types that are the server's own; none for others and for expressions.
    'key_types', CASE WHEN r.relispartition THEN (SELECT pg_catalog.json_agg(
            CASE WHEN t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace THEN pg_catalog.format_type(a.atttypid, a.atttypmod) END ORDER BY k.at)
        FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent
        CROSS JOIN LATERAL pg_catalog.unnest(p.partattrs::pg_catalog.int2[]) WITH ORDINALITY AS k(attribute, at)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.attribute AND k.attribute <> 0
        LEFT JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE i.inhrelid = r.oid) END,
    'parents', (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('schema', pn.nspname, 'name', p.relname) ORDER BY i.inhseqno), '[]')
        FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
        JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = r.oid),
    'view', CASE WHEN r.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(r.oid) END,
    'sequence', CASE WHEN r.relkind = 'S' THEN (SELECT pg_catalog.json_build_object(
            'type', pg_catalog.format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
            'max', s.seqmax, 'min', s.seqmin, 'cache', s.seqcache, 'cycle', s.seqcycle,
            'owner', (SELECT pg_catalog.json_build_object('schema', tn.nspname, 'table', t.relname, 'column', a.attname, 'internal', d.deptype = 'i')
                FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class t ON t.oid = d.refobjid
                JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
                JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = r.oid AND d.objsubid = 0
                AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.deptype IN ('a', 'i') LIMIT 1))
        FROM pg_catalog.pg_sequence s WHERE s.seqrelid = r.oid) END,
    'comment', pg_catalog.obj_description(r.oid, 'pg_class'),
    'acl', {acl:coalesce(r.relacl, pg_catalog.acldefault(CASE r.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, r.relowner))}
)::text FROM rel r WHERE r.relkind NOT IN ('i', 'I')
