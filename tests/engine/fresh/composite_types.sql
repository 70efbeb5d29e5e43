-- Attributes come, go and change; a comment hangs on the type.
-- revision
CREATE TYPE pair AS (x int, y text COLLATE "C");
CREATE TABLE t (p pair, q pair[]);
COMMENT ON TYPE pair IS 'two';
COMMENT ON COLUMN pair.x IS 'left';
-- revision
ALTER TYPE pair ADD ATTRIBUTE z int CASCADE;
ALTER TYPE pair RENAME ATTRIBUTE y TO w CASCADE;
-- revision
DROP TABLE t;
ALTER TYPE pair ALTER ATTRIBUTE x TYPE bigint;
ALTER TYPE pair DROP ATTRIBUTE IF EXISTS gone;
ALTER TYPE pair RENAME TO couple;
GRANT USAGE ON TYPE couple TO app_reader;
