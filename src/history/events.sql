CREATE TABLE {table} (
    id bigint PRIMARY KEY,
    what text NOT NULL,
    at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    count bigint NOT NULL,
    revision text,
    code text,
    sqlstate text,
    message text NOT NULL,
    details text,
    written_by text NOT NULL DEFAULT session_user,
    application text NOT NULL,
    version text NOT NULL
);
-- Row security that is switched on for every table of a schema hides no row from who may read.
CREATE POLICY lockgate_read ON {table} FOR SELECT USING (true)
