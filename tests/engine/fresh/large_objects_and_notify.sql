-- Statements that leave no schema.
-- revision
LISTEN channel;
NOTIFY channel, 'x';
CREATE TABLE t (a int);
ANALYZE t;
LOCK TABLE t;
COMMENT ON TABLE t IS 'x';
-- revision
SET LOCAL statement_timeout = '5s';
SET LOCAL lock_timeout = '5s';
ALTER TABLE t ADD COLUMN b int;
