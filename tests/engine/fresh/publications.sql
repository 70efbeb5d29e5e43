-- Lists, options, and columns that a publication reads.
-- revision
CREATE TABLE a (id int PRIMARY KEY, x text);
CREATE TABLE b (id int PRIMARY KEY);
CREATE PUBLICATION p FOR TABLE a, b WITH (publish = 'insert, update');
CREATE PUBLICATION every FOR ALL TABLES;
CREATE PUBLICATION empty;
-- revision
ALTER PUBLICATION p DROP TABLE b;
ALTER PUBLICATION p SET (publish = 'delete', publish_via_partition_root = true);
ALTER PUBLICATION empty ADD TABLE b;
-- revision
ALTER PUBLICATION p RENAME TO q;
ALTER TABLE a RENAME TO c;
DROP TABLE b;
DROP PUBLICATION every;
