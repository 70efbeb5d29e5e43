-- The statement that the command's sessions are at: the oldest, since when, and what it waits for.
SELECT a.query, greatest(extract(epoch FROM clock_timestamp() - a.query_start), 0)::text,
    CASE WHEN a.wait_event_type NOT IN ('Client', 'Activity') THEN a.wait_event END
FROM pg_stat_activity a
WHERE a.application_name = {name} AND a.datname = current_database() AND a.state = 'active'
ORDER BY a.query_start LIMIT 1
