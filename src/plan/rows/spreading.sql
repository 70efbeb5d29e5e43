SELECT DISTINCT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (
    c.relkind IN ('v', 'p', 'f')
    OR c.relkind = 'r' AND (
        c.relhassubclass OR c.relhasrules OR c.relispartition
        OR EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
        OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
        OR EXISTS (
            SELECT FROM pg_constraint k
            WHERE k.confrelid = c.oid AND k.contype = 'f'
              AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
        )
    )
  )
