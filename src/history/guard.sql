-- Under the lock the table is still the one that was looked at: else a division by zero (22012) ends the message before it is read.
SELECT WHERE (SELECT 1 OPERATOR(pg_catalog./) (pg_catalog.current_setting('lockgate.row') OPERATOR(pg_catalog.=) c.xmin::pg_catalog.text)::pg_catalog.int4
    FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) {name}::pg_catalog.regclass::pg_catalog.oid) IS NULL
