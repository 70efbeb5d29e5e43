-- ATTACH takes an equal index of the partition for its own.
-- revision
CREATE TABLE p (a int, b text) PARTITION BY LIST (a);
CREATE INDEX pb ON p (b);
CREATE TABLE c (a int, b text);
CREATE INDEX mine ON c (b);
ALTER TABLE p ATTACH PARTITION c FOR VALUES IN (1);
-- revision
ALTER INDEX mine RENAME TO yours;
CREATE INDEX ON c (b);
