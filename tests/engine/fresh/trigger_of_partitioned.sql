-- A row trigger of a partitioned table is cloned.
-- revision
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end';
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TRIGGER g AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION f();
-- revision
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
ALTER TABLE p1 DISABLE TRIGGER g;
-- revision
DROP TRIGGER g ON p;
