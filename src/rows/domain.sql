WITH RECURSIVE domains AS (
    SELECT {domain}::oid AS type
    UNION
    SELECT t.oid FROM pg_type t JOIN domains d ON t.typbasetype = d.type WHERE t.typtype = 'd'
)
SELECT n.nspname, c.relname, a.attname, {is_visible}
FROM domains d
JOIN pg_attribute a ON a.atttypid = d.type AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'm')
JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY n.nspname, c.relname, a.attnum
