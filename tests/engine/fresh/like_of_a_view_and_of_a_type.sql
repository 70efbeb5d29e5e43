-- LIKE reads views too.
-- revision
CREATE TABLE t (a int NOT NULL, b text COLLATE "C");
CREATE VIEW v AS SELECT b, a FROM t;
CREATE TABLE u (LIKE v, c int);
-- revision
ALTER TABLE u DROP COLUMN b;
ALTER TABLE u ALTER a SET NOT NULL;
