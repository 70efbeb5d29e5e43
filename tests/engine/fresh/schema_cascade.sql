-- DROP SCHEMA CASCADE takes all in it, and what hangs on that elsewhere.
-- revision
CREATE SCHEMA s;
CREATE TABLE s.p (id int PRIMARY KEY);
CREATE TYPE s.mood AS ENUM ('a');
CREATE TABLE t (id int REFERENCES s.p, m s.mood);
CREATE VIEW v AS SELECT p.id FROM s.p;
-- revision
DROP SCHEMA s CASCADE;
-- revision
ALTER TABLE t ADD COLUMN IF NOT EXISTS m text;
CREATE VIEW v AS SELECT id FROM t;
CREATE SCHEMA s;
CREATE TABLE IF NOT EXISTS s.p (id int);
