-- DROP FUNCTION CASCADE takes triggers, defaults, checks, policies and indexes.
-- revision
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE FUNCTION g(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'select n';
CREATE TABLE t (a int DEFAULT g(1), b int CHECK (g(b) > 0));
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
CREATE INDEX i ON t (g(a));
CREATE POLICY p ON t USING (g(a) > 0);
-- revision
DROP FUNCTION f() CASCADE;
DROP FUNCTION g(int) CASCADE;
-- revision
CREATE INDEX IF NOT EXISTS i ON t (a);
DROP TRIGGER IF EXISTS tr ON t;
ALTER TABLE t ALTER a SET DEFAULT 2;
ALTER TABLE t ADD CHECK (b > 0);
CREATE POLICY p ON t USING (a > 0);
