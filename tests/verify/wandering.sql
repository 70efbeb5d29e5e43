-- Changes that a hand may make to a schema, a statement a row.
WITH rel AS (SELECT c.*, c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relname NOT LIKE 'lockgate%'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')),
col AS (SELECT r.name, a.* FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition),
key AS (SELECT r.name, k.* FROM rel r JOIN pg_constraint k ON k.conrelid = r.oid WHERE k.contype IN ('c', 'f', 'u', 'p') AND k.conparentid = 0 AND k.coninhcount = 0),
idx AS (SELECT i.indexrelid, i.indexrelid::regclass AS name, i.indrelid FROM pg_index i JOIN rel r ON r.oid = i.indrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)),
fun AS (SELECT p.oid, p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p')
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype IN ('e', 'i')))
SELECT format('DROP INDEX %s', name) FROM idx
UNION ALL SELECT format('ALTER INDEX %s RENAME TO %I', name, 'other_' || indexrelid) FROM idx
UNION ALL SELECT format('UPDATE pg_index SET indisvalid = false WHERE indexrelid = %L::regclass', name) FROM idx
UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', name, conname) FROM key
UNION ALL SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', name, conname, 'other_' || oid) FROM key
UNION ALL SELECT format('ALTER TABLE %s ALTER %I DROP DEFAULT', name, attname) FROM col WHERE atthasdef AND attgenerated = ''
UNION ALL SELECT format('ALTER TABLE %s ALTER %I DROP NOT NULL', name, attname) FROM col WHERE attnotnull AND attidentity = ''
UNION ALL SELECT format('ALTER TABLE %s ALTER %I DROP IDENTITY', name, attname) FROM col WHERE attidentity <> ''
UNION ALL SELECT format('ALTER TABLE %s ALTER %I TYPE text', name, attname) FROM col WHERE atttypid = 'varchar'::regtype
UNION ALL SELECT format('ALTER TABLE %s ALTER %I TYPE bigint', name, attname) FROM col WHERE atttypid = 'int'::regtype
UNION ALL SELECT format('ALTER TABLE %s RENAME %I TO %I', name, attname, 'other_' || attnum) FROM col
UNION ALL SELECT format('ALTER TABLE %s DROP %I CASCADE', name, attname) FROM col
UNION ALL SELECT format('COMMENT ON COLUMN %s.%I IS %L', name, attname, 'by hand') FROM col
UNION ALL SELECT format('ALTER TABLE %s RENAME TO %I', name, 'other_' || oid) FROM rel WHERE relkind IN ('r', 'p', 'v')
UNION ALL SELECT format('ALTER TABLE %s ADD stray int DEFAULT 1', name) FROM rel WHERE relkind IN ('r', 'p') AND NOT relispartition
UNION ALL SELECT format('ALTER TABLE %s REPLICA IDENTITY FULL', name) FROM rel WHERE relkind IN ('r', 'p')
UNION ALL SELECT format('ALTER TABLE %s SET (fillfactor = 71)', name) FROM rel WHERE relkind = 'r'
UNION ALL SELECT format('ALTER TABLE %s SET UNLOGGED', name) FROM rel WHERE relkind = 'r'
UNION ALL SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', name) FROM rel WHERE relrowsecurity
UNION ALL SELECT format('DROP VIEW %s CASCADE', name) FROM rel WHERE relkind = 'v'
UNION ALL SELECT format('DROP MATERIALIZED VIEW %s CASCADE', name) FROM rel WHERE relkind = 'm'
UNION ALL SELECT format('ALTER SEQUENCE %s INCREMENT 3', name) FROM rel WHERE relkind = 'S'
UNION ALL SELECT format('CREATE TABLE %I (a int)', 'stray_' || oid) FROM rel WHERE relkind = 'r'
UNION ALL SELECT format('DROP TRIGGER %I ON %s', t.tgname, r.name) FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', r.name, t.tgname) FROM pg_trigger t JOIN rel r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL SELECT format('DROP POLICY %I ON %s', p.polname, r.name) FROM pg_policy p JOIN rel r ON r.oid = p.polrelid
UNION ALL SELECT format('DROP FUNCTION %s CASCADE', name) FROM fun
UNION ALL SELECT format('ALTER ROUTINE %s SECURITY DEFINER', name) FROM fun
UNION ALL SELECT format('ALTER TYPE %s ADD VALUE %L', e.enumtypid::regtype, 'by hand') FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
    WHERE t.typnamespace = current_schema()::regnamespace GROUP BY e.enumtypid
UNION ALL SELECT format('ALTER TYPE %s RENAME VALUE %L TO %L', e.enumtypid::regtype, e.enumlabel, 'other ' || e.enumlabel) FROM pg_enum e
    JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typnamespace = current_schema()::regnamespace
ORDER BY 1
