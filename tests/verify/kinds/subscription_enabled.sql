-- A subscription that runs.
-- expect: different subscription feed: disabled
-- before
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = 'own');
-- drift
ALTER SUBSCRIPTION feed ENABLE;
