-- As server.sql, with a look at what the table's row in pg_class shows: enough for a table of a trusted owner that has nothing on
-- it. Every start asks this, in a session that knows nothing yet: a scan of one catalog, and functions. Nobody but its owner, and
-- whom the owner lets set triggers, can put anything on a table, so a trusted owner's is read as it stands.
SELECT 'server', pg_is_in_recovery(),
    CASE WHEN current_setting('transaction_read_only') = 'on'
        THEN NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_transaction_read_only'
            AND source IN ('user', 'database', 'database user', 'client'))
        ELSE false END,
    nullif(set_config('lockgate.schema', t.schema, true), ''),
    to_regnamespace(quote_ident(t.schema)) IS NOT NULL,
    current_user,
    current_setting('lockgate.path'),
    CASE WHEN t.trust IS NOT NULL THEN concat('{"kind":"r","is_secured":false,"has_relatives":false,"owner":',
        to_json(pg_get_userbyid(t.relowner)), ',"trust":"', t.trust, '"}') END,
    set_config('lockgate.row', CASE WHEN t.trust IS NOT NULL THEN t.version ELSE '' END, true),
    t.version IS NOT NULL AND t.trust IS NULL,
    t.acl
FROM (
    SELECT CASE WHEN c.oid = s.seen THEN (pg_identify_object('pg_class'::regclass, c.oid, 0)).schema ELSE s.schema END AS schema,
        c.xmin::text AS version, c.relowner, c.relacl::text AS acl,
        CASE WHEN c.relkind <> 'r' OR c.relhasrules OR c.relhastriggers OR c.relhassubclass OR c.relispartition
                OR c.relrowsecurity THEN NULL
            WHEN c.relowner = s.me THEN 'role'
            -- A member of the role that initdb made (pg_authid.dat of the sources) is as good as a superuser.
            WHEN pg_has_role(c.relowner, 10::oid, 'MEMBER') THEN 'superuser'
            WHEN current_setting('is_superuser') = 'off' AND pg_has_role(c.relowner, 'USAGE') THEN 'member' END AS trust
    FROM (SELECT current_setting('lockgate.schema') AS schema, quote_ident(current_user)::regrole AS me,
        nullif(current_setting('lockgate.seen'), '')::oid AS seen OFFSET 0) AS s
    -- "$user" in the path makes a schema current that did not exist before (a chain that creates it): then a history of our own
    -- that stood before it, in a later schema of the path, still counts.
    LEFT JOIN pg_class c ON c.relname = {table} AND (c.relnamespace = to_regnamespace(quote_ident(s.schema))
        OR {is_looked_for} AND c.oid = s.seen AND c.relkind IN ('r', 'p') AND c.relowner = s.me AND s.schema = current_user
            AND strpos(current_setting('lockgate.path'), '$user') > 0)
    ORDER BY c.oid = s.seen DESC NULLS LAST LIMIT 1
) AS t
