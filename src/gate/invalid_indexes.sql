-- The INVALID indexes of the chain's schemas and of the path's. One that a session is building now is not broken, where that
-- session can be seen.
SELECT pg_catalog.quote_ident(n.nspname::pg_catalog.text) OPERATOR(pg_catalog.||) '.'
    OPERATOR(pg_catalog.||) pg_catalog.quote_ident(c.relname::pg_catalog.text) AS name
FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
    AND (n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ({schemas})
        OR n.nspname OPERATOR(pg_catalog.=) ANY (pg_catalog.current_schemas(false)))
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
        WHERE p.index_relid OPERATOR(pg_catalog.=) i.indexrelid)
ORDER BY name
