-- Methods, orders, predicates, options.
-- revision
CREATE TABLE t (a int, b text, c int[], d tsvector);
CREATE INDEX i1 ON t (a DESC NULLS LAST, b text_pattern_ops);
CREATE INDEX i2 ON t USING gin (c);
CREATE INDEX i3 ON t USING hash (b);
CREATE INDEX i4 ON t USING brin (a) WITH (pages_per_range = 32);
CREATE UNIQUE INDEX i5 ON t (lower(b)) WHERE a > 0 AND b IS NOT NULL;
CREATE INDEX i6 ON t (b COLLATE "C");
-- revision
ALTER INDEX i1 SET (fillfactor = 60);
ALTER TABLE t RENAME b TO z;
ALTER INDEX IF EXISTS i9 RENAME TO i10;
ALTER INDEX i3 RENAME TO i33;
-- revision
DROP INDEX i1, i2;
CREATE INDEX IF NOT EXISTS i1 ON t (a);
