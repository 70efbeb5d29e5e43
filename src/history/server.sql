SELECT pg_catalog.pg_is_in_recovery(),
    -- Read-only for everybody is meant (a full disk, a failover). What only a role or a database prefers does not concern
    -- revisions: each begins with READ WRITE.
    CASE WHEN pg_catalog.current_setting('transaction_read_only') = 'on'
        THEN NOT EXISTS (SELECT FROM pg_catalog.pg_settings WHERE name = 'default_transaction_read_only'
            AND source IN ('user', 'database', 'database user', 'client'))
        ELSE false END,
    h.schema,
    EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = h.schema),
    EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = h.schema AND c.relname = {table}),
    current_user,
    pg_catalog.current_setting('search_path')
-- Asked once, not in each place that reads it.
FROM (SELECT {schema} AS schema OFFSET 0) AS h
