-- A renamed table keeps the names of its keys, and the next one gets others.
-- revision
CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE);
ALTER TABLE t RENAME TO old;
CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE);
-- revision
ALTER TABLE t DROP CONSTRAINT t_pkey1;
ALTER SEQUENCE t_id_seq1 INCREMENT BY 2;
ALTER INDEX t_a_key1 RENAME TO mine;
-- revision
DROP TABLE old;
ALTER TABLE t ADD PRIMARY KEY (id);
