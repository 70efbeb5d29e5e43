-- A schema is renamed with all in it.
-- revision
CREATE SCHEMA s;
CREATE TABLE s.t (id serial PRIMARY KEY, x int DEFAULT 1);
CREATE TYPE s.mood AS ENUM ('a');
CREATE VIEW s.v AS SELECT id FROM s.t;
CREATE FUNCTION s.f() RETURNS int LANGUAGE sql AS 'select 1';
-- revision
ALTER SCHEMA s RENAME TO z;
ALTER TABLE z.t ADD COLUMN m z.mood;
-- revision
CREATE SCHEMA s;
CREATE TABLE IF NOT EXISTS s.t (id int);
DROP VIEW IF EXISTS s.v;
ALTER TABLE z.t ALTER x DROP DEFAULT;
DROP FUNCTION z.f();
