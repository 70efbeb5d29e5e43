-- A replaced view, and a view over it.
-- revision
CREATE TABLE t (a int, b text);
CREATE VIEW v AS SELECT * FROM t;
CREATE VIEW w AS SELECT a FROM v;
-- revision
ALTER TABLE t ADD COLUMN c int;
CREATE OR REPLACE VIEW v AS SELECT *, 1 AS one FROM (SELECT a, b FROM t) x;
ALTER TABLE t RENAME a TO z;
-- revision
DROP VIEW w;
CREATE OR REPLACE VIEW v AS SELECT z AS a, b, 2 AS one FROM t;
ALTER TABLE t RENAME TO u;
DROP VIEW v;
CREATE VIEW v AS SELECT * FROM u;
