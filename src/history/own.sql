-- One writer at a time, and nothing on the table that a write would run: a moment before it was looked at without a lock. What is
-- wrong is the text that is no number.
LOCK TABLE ONLY {table} IN SHARE ROW EXCLUSIVE MODE;
SELECT WHERE (SELECT CASE WHEN c.relkind <> 'r' OR c.relhasrules OR c.relhassubclass OR c.relowner <> {owner}::regrole
        OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
    THEN 'the table of events is not what it was a moment before' ELSE '0' END::int
    FROM pg_class c WHERE c.oid = {name}::regclass) IS NULL
