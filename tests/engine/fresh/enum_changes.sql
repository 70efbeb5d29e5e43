-- Labels come, are renamed, and stand in defaults and checks.
-- revision
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE t (m mood DEFAULT 'ok', CHECK (m <> 'sad'));
-- revision
ALTER TYPE mood ADD VALUE 'glad';
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad';
ALTER TYPE mood ADD VALUE 'meh' BEFORE 'ok';
-- revision
ALTER TYPE mood RENAME VALUE 'ok' TO 'fine';
ALTER TABLE t ALTER m SET DEFAULT 'glad';
ALTER TYPE mood RENAME TO feeling;
-- revision
CREATE TYPE mood AS ENUM ();
ALTER TABLE t DROP CONSTRAINT t_m_check;
ALTER TABLE t ALTER m DROP DEFAULT, ALTER m TYPE text USING m::text;
DROP TYPE feeling CASCADE;
