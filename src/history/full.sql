-- Everything that a look at the table shows.
SELECT h.schema, t.facts, CASE WHEN t.is_readable THEN t.version END AS readable_version, false AS is_unclear, NULL AS acl
FROM (
    -- "$user" in the path makes a schema current that did not exist before (a chain that creates it): then a history of our own
    -- that stood before it, in a later schema of the path, still counts.
    SELECT coalesce(
        CASE WHEN {is_looked_for} AND current_setting('lockgate.schema') = current_user AND strpos(current_setting('lockgate.path'), '$user') > 0
            THEN (SELECT (pg_identify_object('pg_class'::regclass, c.oid, 0)).schema FROM pg_class c
                WHERE c.oid = nullif(current_setting('lockgate.seen'), '')::oid AND c.relkind IN ('r', 'p')
                    AND c.relowner = quote_ident(current_user)::regrole) END,
        current_setting('lockgate.schema')) AS schema OFFSET 0) AS h
LEFT JOIN LATERAL (
    SELECT version, is_readable, json_build_object(
        'kind', kind, 'owner', owner, 'trust', trust, 'is_secured', is_secured, 'is_open', is_open, 'triggers', triggers, 'rules', rules,
        'has_relatives', has_relatives, 'columns', columns, 'writers', writers, 'setters', setters) AS facts
    FROM (
        SELECT *, kind = 'r' AND (NOT is_secured OR is_open) AND columns IS NULL AND rules IS NULL AS is_readable
        FROM (
            SELECT c.xmin::text AS version, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
                CASE WHEN c.relowner = quote_ident(current_user)::regrole THEN 'role'
                    WHEN (SELECT r.rolsuper FROM pg_roles r WHERE r.oid = c.relowner) THEN 'superuser'
                    WHEN pg_get_userbyid(c.relowner) = 'pg_database_owner'
                        OR (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()) = c.relowner THEN 'database'
                    WHEN c.relowner IN (WITH RECURSIVE {members} SELECT role FROM member) THEN 'member' END AS trust,
                row_security_active(c.oid) AS is_secured,
                -- Every policy for reading lets every row through, and one is for everybody.
                CASE WHEN c.relrowsecurity THEN
                    NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd IN ('*', 'r')
                        AND pg_get_expr(p.polqual, p.polrelid) IS DISTINCT FROM 'true')
                    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd IN ('*', 'r') AND p.polpermissive
                        AND 0 = ANY (p.polroles)) END AS is_open,
                CASE WHEN c.relhastriggers THEN (SELECT json_agg(g.tgname) FROM pg_trigger g
                    WHERE g.tgrelid = c.oid AND NOT g.tgisinternal) END AS triggers,
                CASE WHEN c.relhasrules THEN (SELECT json_agg(w.rulename) FROM pg_rewrite w WHERE w.ev_class = c.oid) END AS rules,
                c.relispartition OR c.relhassubclass
                    OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS has_relatives,
                -- Types that are not the server's own bring functions with them (below 16384 is what initdb made: PostgreSQL
                -- sources, src/include/access/transam.h).
                (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid >= 16384)
                    AS columns,
                CASE WHEN c.relacl IS NOT NULL THEN {writers:'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'} END AS writers,
                CASE WHEN c.relacl IS NOT NULL THEN {writers:'TRIGGER'} END AS setters
            -- By its names: a role without USAGE on the schema may look all the same.
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = h.schema AND c.relname = {table}) AS looked) AS judged
    ) AS t ON true
