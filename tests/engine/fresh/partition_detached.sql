-- A detached partition keeps its indexes as its own.
-- revision
CREATE TABLE p (id int NOT NULL, v text) PARTITION BY LIST (id);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE pd PARTITION OF p DEFAULT;
CREATE INDEX pv ON p (v);
ALTER TABLE p ADD CHECK (id > 0);
-- revision
ALTER TABLE p DETACH PARTITION p1;
-- revision
DROP INDEX p1_v_idx;
ALTER TABLE p1 DROP CONSTRAINT p_id_check;
DROP TABLE p;
