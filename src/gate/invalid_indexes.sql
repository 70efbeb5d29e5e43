-- The INVALID indexes of the chain's schemas and of the path's. One that a session is building now is not broken, where that
-- session can be seen.
SELECT concat(quote_ident(n.nspname), '.', quote_ident(c.relname)) AS name
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
    AND (n.nspname = ANY ({schemas}) OR n.nspname = ANY ({path}::name[]))
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
ORDER BY name
