-- A subscription with the options of newer servers.
-- since: 14
-- expect: different subscription feed: binary, comment, streaming, synchronous_commit
-- before
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
ALTER SUBSCRIPTION feed SET (binary = true, streaming = true, synchronous_commit = local);
COMMENT ON SUBSCRIPTION feed IS 'x';
