-- Serials are integers with a sequence.
-- revision
CREATE TABLE t (a smallserial, b serial4 PRIMARY KEY, c bigserial UNIQUE, d serial8 NOT NULL);
ALTER TABLE t ADD COLUMN e serial;
-- revision
ALTER TABLE t ALTER b TYPE bigint;
ALTER SEQUENCE t_b_seq AS bigint;
ALTER TABLE t ALTER c DROP DEFAULT;
DROP SEQUENCE t_c_seq;
-- revision
ALTER TABLE t RENAME d TO f;
ALTER TABLE t DROP COLUMN e;
CREATE SEQUENCE t_e_seq;
