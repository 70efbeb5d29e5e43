-- The schemas, the members of extensions and the relations that are looked at; a kind's own query follows.
WITH spc AS MATERIALIZED (
    SELECT n.oid, n.nspname, n.nspowner, n.nspacl, n.nspname = ANY ({schemas}) AS looked,
        CASE WHEN n.nspname = {home} THEN '' ELSE quote_ident(n.nspname) || '.' END AS prefix
    FROM pg_namespace n),
member AS MATERIALIZED (SELECT d.classid, d.objid FROM pg_depend d
    WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass),
rel AS (
    SELECT c.*, spc.prefix || quote_ident(c.relname) AS name
    FROM pg_class c JOIN spc ON spc.oid = c.relnamespace AND spc.looked
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't' AND {own:pg_class, c.oid}
        AND NOT (c.relkind IN ('r', 'p') AND c.relname = ANY ({histories}))
        AND c.oid <> ALL ({locked}))
