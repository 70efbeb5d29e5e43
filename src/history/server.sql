-- The server, the place of the history, and the table there, looked at before it is read (quick.sql, full.sql). The version of its
-- row in pg_class is kept for the look under the lock (guard.sql); where it may not be read there is none.
SELECT 'server', pg_is_in_recovery(),
    -- Read-only for everybody is meant (a full disk, a failover). What only a role or a database prefers does not concern
    -- revisions: each begins with READ WRITE.
    CASE WHEN current_setting('transaction_read_only') = 'on'
        THEN NOT EXISTS (SELECT FROM pg_settings WHERE name = 'default_transaction_read_only'
            AND source IN ('user', 'database', 'database user', 'client'))
        ELSE false END,
    nullif(set_config('lockgate.schema', t.schema, true), ''),
    to_regnamespace(quote_ident(t.schema)) IS NOT NULL,
    current_user,
    current_setting('lockgate.path'),
    t.facts,
    set_config('lockgate.row', coalesce(t.readable_version, ''), true),
    t.is_unclear,
    t.acl
FROM ({look}) AS t
