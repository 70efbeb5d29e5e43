-- What was granted goes with the dropped object, not to the next of its name.
-- revision
CREATE SCHEMA s;
CREATE TABLE s.t (id int, a int);
GRANT USAGE ON SCHEMA s TO app_reader;
GRANT SELECT ON s.t TO app_reader;
GRANT UPDATE (a) ON s.t TO app_reader;
COMMENT ON TABLE s.t IS 'one';
COMMENT ON COLUMN s.t.a IS 'a';
-- revision
ALTER TABLE s.t DROP COLUMN a;
ALTER TABLE s.t ADD COLUMN a int;
DROP SCHEMA s CASCADE;
CREATE SCHEMA s;
CREATE TABLE s.t (id int, a int);
-- revision
GRANT SELECT ON s.t TO app_reader;
