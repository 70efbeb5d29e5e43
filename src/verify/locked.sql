-- The relations that another session locks, or is about to lock, against any look, and what cannot be read without them: views and
-- rules over them, tables whose policies ask them, functions whose body is kept as a tree.
WITH RECURSIVE held AS (
    SELECT l.relation AS oid, min(l.pid) AS pid FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    GROUP BY l.relation),
tables AS (
    SELECT coalesce(i.indrelid, h.oid) AS oid, min(h.pid) AS pid
    FROM held h LEFT JOIN pg_index i ON i.indexrelid = h.oid GROUP BY 1),
reached AS (
    SELECT t.oid, t.pid FROM tables t
    UNION SELECT coalesce(w.ev_class, p.polrelid, f.oid), r.pid
    FROM reached r JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.oid
    LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    LEFT JOIN pg_proc f ON d.classid = 'pg_proc'::regclass AND f.oid = d.objid
    WHERE coalesce(w.ev_class, p.polrelid, f.oid) IS NOT NULL)
SELECT r.oid, min(CASE WHEN n.nspname = {home} THEN '' ELSE quote_ident(n.nspname) || '.' END || quote_ident(c.relname)),
    min(r.pid), min(a.query)
FROM reached r LEFT JOIN pg_class c ON c.oid = r.oid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_activity a ON a.pid = r.pid
GROUP BY r.oid
