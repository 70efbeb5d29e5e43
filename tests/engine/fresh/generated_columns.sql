-- They follow their expression.
-- revision
CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c text GENERATED ALWAYS AS (a::text) STORED CHECK (c <> ''));
CREATE INDEX i ON t (b);
-- revision
ALTER TABLE t ALTER b DROP EXPRESSION;
ALTER TABLE t RENAME a TO z;
-- revision
ALTER TABLE t DROP COLUMN c;
ALTER TABLE t ADD COLUMN d int GENERATED ALWAYS AS (z + b) STORED;
