CREATE TABLE migrated (at timestamptz NOT NULL);
INSERT INTO migrated SELECT clock_timestamp() FROM pg_sleep(4);
