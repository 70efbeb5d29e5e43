SELECT n.nspname, d.relname,
    EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = p.partrelid AND c.contype IN ('f', 'p', 'u', 'x'))
    OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = p.partrelid AND i.indisunique)
FROM pg_partitioned_table p
LEFT JOIN pg_class d ON d.oid = p.partdefid
LEFT JOIN pg_namespace n ON n.oid = d.relnamespace
WHERE p.partrelid = {parent}
