-- Sequences and types of a session leave nothing.
-- revision
CREATE TEMP SEQUENCE s START 5;
CREATE TYPE pg_temp.mood AS ENUM ('a');
CREATE TABLE t (id bigint);
INSERT INTO t VALUES (nextval('s'));
-- revision
CREATE SEQUENCE s;
CREATE TYPE mood AS ENUM ('b');
