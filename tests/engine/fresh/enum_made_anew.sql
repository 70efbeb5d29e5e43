-- The usual way to take a label away.
-- revision
CREATE TYPE mood AS ENUM ('a', 'b', 'c');
CREATE TABLE t (m mood NOT NULL DEFAULT 'a');
CREATE INDEX i ON t (m) WHERE m = 'a';
-- revision
DROP INDEX i;
ALTER TABLE t ALTER m DROP DEFAULT;
ALTER TYPE mood RENAME TO mood_old;
CREATE TYPE mood AS ENUM ('a', 'b');
ALTER TABLE t ALTER m TYPE mood USING m::text::mood;
ALTER TABLE t ALTER m SET DEFAULT 'a';
DROP TYPE mood_old;
CREATE INDEX i ON t (m) WHERE m = 'a';
