-- A serial of the source is shared, an identity is copied.
-- revision
CREATE TABLE a (i int GENERATED ALWAYS AS IDENTITY (START 5), s serial, t text);
ALTER TABLE a ALTER t SET STORAGE EXTERNAL;
-- revision
CREATE TABLE b (LIKE a INCLUDING ALL);
CREATE TABLE c (LIKE a);
-- revision
ALTER TABLE b ALTER i DROP IDENTITY;
ALTER TABLE c ALTER s SET DEFAULT 1;
ALTER TABLE b DROP COLUMN s;
