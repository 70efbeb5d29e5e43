-- What a backend waits for, who is in its way, and how far it has come: a row each, the first column says which kind.
WITH blocking AS (SELECT pg_catalog.pg_blocking_pids({backend}) AS pids)
SELECT 'event', a.wait_event_type, a.wait_event, CASE a.wait_event WHEN 'SyncRep'
        THEN pg_catalog.current_setting('synchronous_standby_names') END, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_activity AS a
WHERE a.pid OPERATOR(pg_catalog.=) {backend}
UNION ALL
SELECT 'session', b.pid::text, a.usename::text, nullif(a.application_name, ''), a.client_addr::text, a.state,
    extract(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) a.xact_start)::text, nullif(a.query, {hidden}),
    CASE a.query WHEN {hidden} THEN pg_catalog.quote_ident(current_user) END
FROM blocking, pg_catalog.unnest(blocking.pids) AS b(pid)
JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) b.pid
UNION ALL
-- Prepared transactions have no process: pg_blocking_pids calls each of them 0.
SELECT DISTINCT 'prepared', pg_catalog.quote_literal(p.gid), p.owner::text, p.prepared::timestamptz(0)::text,
    NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_locks AS waiting
JOIN pg_catalog.pg_locks AS held ON held.granted AND held.pid IS NULL
    AND held.locktype OPERATOR(pg_catalog.=) waiting.locktype
    AND (held.database, held.relation, held.page, held.tuple, held.classid, held.objid, held.objsubid)
        IS NOT DISTINCT FROM (waiting.database, waiting.relation, waiting.page, waiting.tuple, waiting.classid,
            waiting.objid, waiting.objsubid)
    AND held.transactionid IS NOT DISTINCT FROM waiting.transactionid
    AND held.virtualxid IS NOT DISTINCT FROM waiting.virtualxid
JOIN pg_catalog.pg_locks AS own ON own.pid IS NULL AND own.locktype OPERATOR(pg_catalog.=) 'transactionid'
    AND own.virtualtransaction OPERATOR(pg_catalog.=) held.virtualtransaction
JOIN pg_catalog.pg_prepared_xacts AS p ON p.transaction OPERATOR(pg_catalog.=) own.transactionid
WHERE waiting.pid OPERATOR(pg_catalog.=) {backend} AND NOT waiting.granted
    AND (SELECT 0 OPERATOR(pg_catalog.=) ANY (pids) FROM blocking)
UNION ALL
-- Where a command counts several things one after another, what it counts now is what has a total.
SELECT 'progress', phase, CASE WHEN blocks_total OPERATOR(pg_catalog.>) 0 THEN blocks_done
        WHEN tuples_total OPERATOR(pg_catalog.>) 0 THEN tuples_done ELSE lockers_done END::text,
    CASE WHEN blocks_total OPERATOR(pg_catalog.>) 0 THEN blocks_total
        WHEN tuples_total OPERATOR(pg_catalog.>) 0 THEN tuples_total ELSE lockers_total END::text,
    NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_progress_create_index WHERE pid OPERATOR(pg_catalog.=) {backend}
UNION ALL
SELECT 'progress', phase, heap_blks_scanned::text, heap_blks_total::text, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_progress_cluster WHERE pid OPERATOR(pg_catalog.=) {backend}
UNION ALL
SELECT 'progress', phase, heap_blks_scanned::text, heap_blks_total::text, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_progress_vacuum WHERE pid OPERATOR(pg_catalog.=) {backend}
UNION ALL
SELECT 'progress', phase, sample_blks_scanned::text, sample_blks_total::text, NULL, NULL, NULL, NULL, NULL
FROM pg_catalog.pg_stat_progress_analyze WHERE pid OPERATOR(pg_catalog.=) {backend}
