-- Of equal keys of one CREATE TABLE one stays, the primary key first.
-- revision
CREATE TABLE a (id int NOT NULL UNIQUE, v text, PRIMARY KEY (id));
CREATE TABLE b (id int, UNIQUE (id), UNIQUE (id));
CREATE TABLE c (id int UNIQUE, UNIQUE (id));
CREATE TABLE d (id int PRIMARY KEY, UNIQUE (id));
-- revision
ALTER TABLE a ADD COLUMN w int;
ALTER TABLE b ADD UNIQUE (id);
ALTER TABLE c DROP CONSTRAINT c_id_key;
DROP INDEX IF EXISTS a_id_key;
