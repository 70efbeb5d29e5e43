-- A range has a multirange and functions.
-- revision
CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE t (s span, CHECK (NOT isempty(s)));
-- revision
ALTER TYPE span RENAME TO stretch;
ALTER TABLE t ADD COLUMN w stretch DEFAULT '[1,2]';
-- revision
DROP TABLE t;
DROP TYPE stretch;
