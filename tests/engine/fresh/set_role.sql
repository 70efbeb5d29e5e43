-- What a role makes is its own.
-- revision
GRANT CREATE ON SCHEMA public TO app_writer;
SET ROLE app_writer;
CREATE TABLE t (id int);
RESET ROLE;
CREATE TABLE u (id int);
-- revision
SET SESSION AUTHORIZATION app_writer;
ALTER TABLE t ADD COLUMN a int;
CREATE VIEW v AS SELECT a FROM t;
RESET SESSION AUTHORIZATION;
-- revision
ALTER TABLE t OWNER TO CURRENT_USER;
