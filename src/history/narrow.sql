-- The checks of an earlier version's table that admit no kind which came later.
SELECT c.conname FROM pg_constraint c
WHERE c.conrelid = {name}::regclass AND c.contype = 'c'
    AND strpos(pg_get_expr(c.conbin, c.conrelid), '''stamped''') > 0 AND strpos(pg_get_expr(c.conbin, c.conrelid), '''adopted''') = 0
