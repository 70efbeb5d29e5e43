-- A table is logged or not.
-- revision
CREATE UNLOGGED TABLE t (a serial PRIMARY KEY);
CREATE TABLE u (a int) TABLESPACE pg_default;
-- revision
ALTER TABLE t SET LOGGED;
ALTER TABLE u SET UNLOGGED;
-- revision
ALTER TABLE u SET LOGGED;
