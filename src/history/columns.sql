-- The names of a table's columns, by which tables of the same name are told apart.
SELECT 'columns', pg_catalog.json_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
WHERE a.attrelid OPERATOR(pg_catalog.=) {name}::pg_catalog.regclass::pg_catalog.oid AND a.attnum OPERATOR(pg_catalog.>) 0::pg_catalog.int2
    AND NOT a.attisdropped
