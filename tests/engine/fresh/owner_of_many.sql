-- OWNER TO of many kinds, with words for roles.
-- revision
CREATE TABLE t (id serial PRIMARY KEY);
CREATE VIEW v AS SELECT id FROM t;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1';
CREATE TYPE mood AS ENUM ('a');
ALTER TABLE t OWNER TO app_writer;
ALTER VIEW v OWNER TO app_writer;
ALTER FUNCTION f() OWNER TO app_writer;
ALTER TYPE mood OWNER TO app_writer;
-- revision
ALTER TABLE t OWNER TO CURRENT_USER;
ALTER VIEW v OWNER TO SESSION_USER;
REASSIGN OWNED BY app_writer TO CURRENT_USER;
-- revision
ALTER TABLE t ADD COLUMN x int;
