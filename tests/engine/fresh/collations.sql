-- Collations of columns resolve through pg_catalog first.
-- revision
CREATE TABLE t (name text COLLATE "C" NOT NULL, other varchar(9) COLLATE "POSIX");
CREATE COLLATION "C" (locale = 'POSIX');
CREATE COLLATION mine FROM "POSIX";
CREATE TABLE u (a text COLLATE "C", b text COLLATE mine, c text COLLATE public."C");
-- revision
ALTER TABLE t ALTER name TYPE text COLLATE mine;
ALTER COLLATION mine RENAME TO yours;
-- revision
ALTER TABLE u ALTER b TYPE varchar(3) COLLATE "default";
ALTER TABLE t ADD COLUMN z text COLLATE yours;
