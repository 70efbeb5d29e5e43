-- A subscription with other options.
-- expect: different subscription feed: publications, slot
-- before
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
DROP SUBSCRIPTION feed;
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION q WITH (connect = false, slot_name = other);
