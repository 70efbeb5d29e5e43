-- A copy has names of its own.
-- revision
CREATE TABLE a (x int PRIMARY KEY, y text UNIQUE DEFAULT 'z', CHECK (x > 0), g int GENERATED ALWAYS AS (x + 1) STORED);
CREATE INDEX named ON a (y, x);
COMMENT ON COLUMN a.y IS 'why';
-- revision
CREATE TABLE a_new (LIKE a INCLUDING ALL);
ALTER TABLE a_new ADD COLUMN z int;
DROP TABLE a;
ALTER TABLE a_new RENAME TO a;
ALTER TABLE a RENAME CONSTRAINT a_new_pkey TO a_pkey;
ALTER INDEX a_new_y_key RENAME TO a_y_key;
-- revision
ALTER TABLE a DROP CONSTRAINT a_x_check;
DROP INDEX a_new_y_x_idx;
