-- A block that asks the catalog first.
-- revision
CREATE TABLE t (id int);
DO $$ BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'a') THEN ALTER TABLE t ADD COLUMN a int; END IF; END $$;
DO $$ BEGIN IF EXISTS (SELECT FROM pg_class WHERE relname = 'nothing') THEN ALTER TABLE t ADD COLUMN b int; END IF; END $$;
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS b text;
ALTER TABLE t ALTER a SET DEFAULT 1;
