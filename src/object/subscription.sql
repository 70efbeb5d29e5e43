-- Its connection is a secret, and not everybody's to read. Every column here is (system_views.sql of each major).
SELECT quote_ident(p.subname), array_to_json(p.subpublications), NOT p.subenabled,
    CASE WHEN p.subslotname IS NULL THEN 'none' WHEN p.subslotname <> p.subname THEN quote_ident(p.subslotname) END,
    {synchronous}, {binary}, {streaming}, {two_phase}, {disable_on_error}, {origin}, {password}, {run_as_owner}, {failover},
    {commented}, {owner:p.subowner}
FROM pg_subscription p
WHERE p.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
