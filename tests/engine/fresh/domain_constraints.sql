-- A renamed domain keeps its constraint's name.
-- revision
CREATE DOMAIN d AS int CHECK (VALUE > 0);
CREATE TABLE t (x d);
-- revision
ALTER DOMAIN d RENAME TO e;
ALTER DOMAIN e ADD CHECK (VALUE < 9);
-- revision
ALTER DOMAIN e DROP CONSTRAINT d_check;
ALTER DOMAIN e RENAME CONSTRAINT e_check TO other;
