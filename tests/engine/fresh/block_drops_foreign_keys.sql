-- Every foreign key is dropped by a loop.
-- revision
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (id int REFERENCES p, q int CONSTRAINT qq REFERENCES p);
-- revision
DO $$ DECLARE r record; BEGIN FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint WHERE contype = 'f' LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', r.t, r.conname); END LOOP; END $$;
-- revision
ALTER TABLE c DROP CONSTRAINT IF EXISTS qq;
ALTER TABLE c ADD FOREIGN KEY (id) REFERENCES p ON DELETE CASCADE;
ALTER TABLE c ADD CONSTRAINT qq FOREIGN KEY (q) REFERENCES p;
