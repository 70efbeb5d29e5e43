-- What is wrong is the text that is no number.
SELECT WHERE (SELECT CASE WHEN c.relkind <> 'r' THEN 'the history is no table any more'
        WHEN c.relhasrules THEN 'somebody has put a rule on the history'
        WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) THEN 'somebody has put a trigger on the history'
        ELSE '0' END::int FROM pg_class c WHERE c.oid = {name}::regclass) IS NULL
