-- CREATE SCHEMA makes what it lists in the new schema.
-- revision
CREATE SCHEMA s CREATE TABLE inner_t (id int PRIMARY KEY) CREATE VIEW inner_v AS SELECT id FROM inner_t;
-- revision
ALTER TABLE s.inner_t ADD COLUMN x int;
CREATE SCHEMA z CREATE TABLE a (id int) CREATE INDEX ai ON a (id) GRANT SELECT ON a TO app_reader;
