SELECT r.name,
    CASE r.relkind WHEN 'p' THEN pg_get_partkeydef(r.oid) END,
    CASE WHEN r.relispartition THEN (SELECT s.prefix || quote_ident(p.relname) FROM pg_inherits i
        JOIN pg_class p ON p.oid = i.inhparent JOIN spc s ON s.oid = p.relnamespace WHERE i.inhrelid = r.oid) END,
    CASE WHEN r.relispartition THEN pg_get_expr(r.relpartbound, r.oid) END,
    CASE WHEN NOT r.relispartition THEN inherits.parents END,
    CASE WHEN r.reloftype <> 0 THEN format_type(r.reloftype, NULL) END,
    r.relpersistence = 'u', r.relrowsecurity, r.relforcerowsecurity,
    CASE WHEN r.relkind NOT IN ('r', 'p') THEN NULL WHEN r.relreplident = 'f' THEN 'full' WHEN r.relreplident = 'n' THEN 'nothing' WHEN r.relreplident = 'i' THEN (SELECT quote_ident(x.relname)
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = r.oid AND i.indisreplident) END,
    nullif(am.amname, 'heap'),
    CASE WHEN r.reloptions IS NOT NULL OR t.reloptions IS NOT NULL THEN (SELECT json_agg(o.o ORDER BY o.o)
        FROM (SELECT unnest(r.reloptions) UNION ALL SELECT 'toast.' || u.u FROM unnest(t.reloptions) AS u(u)) AS o(o)) END,
    sv.srvname, {options:ft.ftoptions},
    de.description, {owner:r.relowner}, {grants:r.relacl, 'r', r.relowner}
FROM rel r
LEFT JOIN pg_am am ON am.oid = r.relam
LEFT JOIN pg_class t ON t.oid = r.reltoastrelid AND t.reloptions IS NOT NULL
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = r.oid
LEFT JOIN pg_foreign_server sv ON sv.oid = ft.ftserver
LEFT JOIN (SELECT i.inhrelid, json_agg(s.prefix || quote_ident(p.relname) ORDER BY i.inhseqno) AS parents
    FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent AND p.relkind IN ('r', 'p', 'f') JOIN spc s ON s.oid = p.relnamespace
    GROUP BY i.inhrelid) AS inherits ON inherits.inhrelid = r.oid
{described:pg_class, r.oid, 0}
WHERE r.relkind IN ('r', 'p', 'f')
