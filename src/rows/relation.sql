SELECT a.attname, i.indrelid IS NOT NULL, {is_visible}, c.relkind IN ('r', 'p', 'm'), c.relkind = 'p', c.relhassubclass
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND a.attnum = ANY (i.indkey)
WHERE c.oid = {table}
ORDER BY array_position(i.indkey::int2[], a.attnum), a.attnum
