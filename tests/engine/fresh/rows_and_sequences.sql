-- Statements on data, and positions of sequences.
-- revision
CREATE TABLE t (id serial PRIMARY KEY, a text UNIQUE);
INSERT INTO t (a) VALUES ('x'), ('y') ON CONFLICT DO NOTHING;
SELECT setval('t_id_seq', 100);
-- revision
INSERT INTO t (a) SELECT a || '2' FROM t;
WITH gone AS (DELETE FROM t WHERE a = 'x' RETURNING id) UPDATE t SET a = a || 'w' WHERE id NOT IN (SELECT id FROM gone);
ALTER SEQUENCE t_id_seq RESTART WITH 500;
-- revision
TRUNCATE t RESTART IDENTITY;
INSERT INTO t (a) VALUES ('last');
