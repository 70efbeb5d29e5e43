-- Two columns change their names.
-- revision
CREATE TABLE t (a int CHECK (a > 0), b int UNIQUE, c int REFERENCES t (b));
CREATE INDEX i ON t (a, b);
CREATE VIEW v AS SELECT a, b FROM t;
-- revision
ALTER TABLE t RENAME a TO x;
ALTER TABLE t RENAME b TO a;
ALTER TABLE t RENAME x TO b;
-- revision
ALTER TABLE t DROP CONSTRAINT t_a_check;
ALTER TABLE t DROP COLUMN a CASCADE;
