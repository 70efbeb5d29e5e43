-- Options of views, and what OR REPLACE does to them.
-- revision
CREATE TABLE t (a int, b int);
CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t;
CREATE VIEW w WITH (security_barrier = on) AS SELECT a FROM t WHERE a > 0 WITH CHECK OPTION;
-- revision
CREATE OR REPLACE VIEW v AS SELECT a FROM t;
ALTER VIEW w SET (check_option = cascaded);
ALTER VIEW w ALTER a SET DEFAULT 4;
-- revision
ALTER VIEW v SET (security_barrier = true);
ALTER VIEW w RESET (security_barrier);
ALTER VIEW v RENAME COLUMN a TO c;
