-- DROP COLUMN takes indexes, checks, keys, statistics and views over it.
-- revision
CREATE TABLE t (a int, b int, c int, UNIQUE (a, b), CHECK (b > c), EXCLUDE USING btree (b WITH =));
CREATE INDEX i ON t (c) WHERE b > 0;
CREATE INDEX j ON t (a) INCLUDE (b);
CREATE STATISTICS s ON a, b, c FROM t;
CREATE VIEW v AS SELECT b FROM t;
-- revision
ALTER TABLE t DROP COLUMN b CASCADE;
-- revision
CREATE INDEX IF NOT EXISTS i ON t (c);
CREATE INDEX IF NOT EXISTS j ON t (a);
CREATE STATISTICS IF NOT EXISTS s ON a, c FROM t;
DROP VIEW IF EXISTS v;
ALTER TABLE t ADD UNIQUE (a);
