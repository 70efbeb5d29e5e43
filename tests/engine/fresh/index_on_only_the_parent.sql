-- An index ON ONLY is completed by ATTACH.
-- revision
CREATE TABLE p (a int, b int) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE INDEX pi ON ONLY p (b);
CREATE INDEX p1i ON p1 (b);
-- revision
ALTER INDEX pi ATTACH PARTITION p1i;
-- revision
DROP INDEX pi;
ALTER TABLE ONLY p ADD UNIQUE (a, b);
