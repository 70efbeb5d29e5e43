-- Statistics with kinds, on expressions, moved and renamed.
-- revision
CREATE TABLE t (a int, b int, c text);
CREATE STATISTICS s ON a, b FROM t;
CREATE STATISTICS u (ndistinct, mcv) ON a, c FROM t;
COMMENT ON STATISTICS s IS 'st';
-- revision
ALTER STATISTICS s SET STATISTICS 100;
ALTER STATISTICS u RENAME TO v;
ALTER TABLE t RENAME TO t2;
-- revision
DROP STATISTICS s;
CREATE STATISTICS s (dependencies) ON b, c FROM t2;
ALTER TABLE t2 DROP COLUMN b;
