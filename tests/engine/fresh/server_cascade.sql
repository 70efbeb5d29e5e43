-- DROP SERVER CASCADE takes its tables and mappings.
-- revision
CREATE EXTENSION postgres_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'one');
CREATE USER MAPPING FOR CURRENT_USER SERVER far OPTIONS (user 'u');
CREATE FOREIGN TABLE ft (a int, b text NOT NULL) SERVER far;
COMMENT ON SERVER far IS 'away';
-- revision
ALTER SERVER far OPTIONS (ADD port '5433');
ALTER FOREIGN TABLE ft ADD COLUMN c int;
-- revision
DROP SERVER far CASCADE;
CREATE TABLE IF NOT EXISTS ft (a int);
