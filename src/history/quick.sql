-- The table's row in pg_class: enough for a table of a trusted owner that has nothing on it. Every start asks this, in a session
-- that knows nothing yet: a scan of one catalog, and functions. Nobody but its owner, and whom the owner lets set triggers, can put
-- anything on a table, so a trusted owner's is read as it stands.
SELECT schema, CASE WHEN trust IS NOT NULL THEN version END AS readable_version, oid IS NOT NULL AND trust IS NULL AS is_unclear, acl,
    CASE WHEN trust IS NOT NULL THEN concat('{"kind":"r","is_secured":false,"has_relatives":false,"owner":',
        to_json(pg_get_userbyid(relowner)), ',"trust":"', trust, '"}') END AS facts
FROM (
    SELECT CASE WHEN c.oid = s.seen THEN (pg_identify_object('pg_class'::regclass, c.oid, 0)).schema ELSE s.schema END AS schema,
        c.oid, c.xmin::text AS version, c.relowner, c.relacl::text AS acl,
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
) AS seen
