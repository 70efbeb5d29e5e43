-- A subscription that stops at an error.
-- since: 15
-- expect: different subscription feed: disable_on_error, two_phase
-- before
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
DROP SUBSCRIPTION feed;
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE, two_phase = true, disable_on_error = true);
