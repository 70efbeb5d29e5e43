-- One column list belongs to one privilege.
-- revision
CREATE TABLE t (a int, b int, c int);
GRANT SELECT (a, b), UPDATE (c) ON t TO app_reader;
GRANT INSERT, SELECT (c) ON t TO app_writer;
-- revision
REVOKE SELECT (a) ON t FROM app_reader;
REVOKE ALL (c) ON t FROM app_reader;
GRANT ALL (b) ON t TO app_writer;
-- revision
ALTER TABLE t RENAME b TO z;
REVOKE INSERT ON t FROM app_writer;
