-- A temporary table shadows a permanent one; IF NOT EXISTS speaks of the temporary one.
-- revision
CREATE TABLE t (id int);
-- revision
CREATE TEMP TABLE t (z int);
ALTER TABLE t ADD COLUMN IF NOT EXISTS n int;
CREATE INDEX IF NOT EXISTS t_n ON t (n);
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS n int;
CREATE INDEX IF NOT EXISTS t_n ON t (n);
