-- A subscription with the options of the newest servers.
-- since: 17
-- expect: different subscription feed: failover, no password required, origin, run_as_owner
-- before
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
DROP SUBSCRIPTION feed;
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p
    WITH (connect = false, slot_name = NONE, origin = none, password_required = false, run_as_owner = true, failover = true);
