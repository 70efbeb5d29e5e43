SELECT a.attnotnull,
    c.relhassubclass
    OR EXISTS (
        SELECT FROM pg_constraint o
        WHERE o.contype IN ('c', 'u', 'p', 'f', 'x')
          AND (o.conrelid = c.oid AND a.attnum = ANY (o.conkey) OR o.confrelid = c.oid AND a.attnum = ANY (o.confkey))
    )
    OR EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = c.oid AND i.indisunique
          AND (a.attnum = ANY (i.indkey) OR i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)
    )
    OR EXISTS (SELECT FROM pg_attribute g WHERE g.attrelid = c.oid AND g.attgenerated <> '' AND NOT g.attisdropped),
    (a.atttypid, {wanted}::oid) IN (
        ('int2'::regtype, 'int4'::regtype), ('int2'::regtype, 'int8'::regtype), ('int4'::regtype, 'int8'::regtype),
        ('text'::regtype, 'varchar'::regtype), ('varchar'::regtype, 'text'::regtype)
    ) OR a.atttypid = {wanted}::oid AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'text'::regtype, 'varchar'::regtype)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = {column} AND NOT a.attisdropped
WHERE c.oid = {table}
