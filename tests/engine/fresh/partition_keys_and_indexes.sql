-- Keys and indexes of a partitioned table are made on its children.
-- revision
CREATE TABLE p (id int, day date NOT NULL, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX ON p (v);
-- revision
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE INDEX p1_own ON p1 (v, id);
-- revision
DROP INDEX p_v_idx;
ALTER TABLE p1 RENAME CONSTRAINT p1_pkey TO p1_key;
