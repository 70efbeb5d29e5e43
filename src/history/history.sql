CREATE TABLE {table} (
    revision text PRIMARY KEY,
    depth bigint NOT NULL,
    description text NOT NULL,
    checksum text NOT NULL,
    bytes text NOT NULL,
    state text NOT NULL CHECK (state IN ('started', 'done')),
    kind text NOT NULL CHECK (kind IN ({kinds})),
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    applied_by text NOT NULL DEFAULT session_user,
    application text NOT NULL,
    version text NOT NULL,
    verdicts jsonb NOT NULL,
    progress jsonb,
    verified text
);
-- Row security that is switched on for every table of a schema hides no row from who may read.
CREATE POLICY lockgate_read ON {table} FOR SELECT USING (true)
