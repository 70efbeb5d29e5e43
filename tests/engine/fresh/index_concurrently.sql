-- What must not be in a transaction.
-- revision
CREATE TABLE t (a int, b int);
-- revision
CREATE INDEX CONCURRENTLY i ON t (a);
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS j ON t (b);
-- revision
DROP INDEX CONCURRENTLY i;
REINDEX INDEX CONCURRENTLY j;
