-- Names change in a loop that names no table.
-- revision
CREATE TABLE t ("Upper" int, "Case" text);
CREATE INDEX ti ON t ("Upper");
-- revision
DO $$ DECLARE r record; BEGIN FOR r IN SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'lockgate%' AND column_name <> lower(column_name) LOOP EXECUTE format('ALTER TABLE %I RENAME %I TO %I', r.table_name, r.column_name, lower(r.column_name)); END LOOP; END $$;
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS upper int;
ALTER TABLE t DROP COLUMN "case";
