-- A change of type builds what hangs on the column anew.
-- revision
CREATE TABLE t (a int DEFAULT 5, b varchar(10), c int GENERATED ALWAYS AS (1 + 1) STORED, UNIQUE (a), CHECK (b IN ('x', 'y')), CHECK (a > 0));
CREATE INDEX i ON t ((a + 1)) WHERE b = 'x';
CREATE STATISTICS s ON a, b FROM t;
COMMENT ON INDEX i IS 'kept';
-- revision
ALTER TABLE t ALTER a TYPE bigint, ALTER b TYPE text;
-- revision
ALTER TABLE t ALTER a TYPE numeric(10,2) USING a * 2;
ALTER TABLE t DROP CONSTRAINT t_b_check;
ALTER TABLE t ALTER c DROP EXPRESSION;
