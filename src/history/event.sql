-- A crowd that fails for one cause, again and again, is one row that counts.
WITH again AS (
    UPDATE ONLY {table} SET count = count + 1, last_at = clock_timestamp(), message = {message}, details = {details},
        written_by = session_user, application = {application}, version = {version}
    WHERE id = (SELECT e.id FROM ONLY {table} e WHERE {what} = 'failed' AND e.what = 'failed'
        AND e.revision IS NOT DISTINCT FROM {revision} AND e.code IS NOT DISTINCT FROM {code}
        AND e.sqlstate IS NOT DISTINCT FROM {sqlstate} AND e.last_at > clock_timestamp() - interval '1 hour'
        ORDER BY e.id DESC LIMIT 1)
    RETURNING id)
INSERT INTO {table} (id, what, at, last_at, count, revision, code, sqlstate, message, details, application, version)
SELECT coalesce((SELECT max(id) FROM ONLY {table}), 0) + 1, {what}, clock_timestamp(), clock_timestamp(), 1, {revision}, {code},
    {sqlstate}, {message}, {details}, {application}, {version}
WHERE NOT EXISTS (SELECT FROM again)
