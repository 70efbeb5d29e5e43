-- An object that is gone, of each kind that no other drift drops.
-- expect: missing foreign data wrapper bare
-- expect: missing operator class pairs using hash
-- expect: missing subscription feed
-- expect: missing text search dictionary plain
-- before
CREATE OPERATOR CLASS pairs FOR TYPE pair USING hash AS OPERATOR 1 <<<;
CREATE FOREIGN DATA WRAPPER bare;
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
DROP OPERATOR CLASS pairs USING hash;
DROP FOREIGN DATA WRAPPER bare;
DROP SUBSCRIPTION feed;
DROP TEXT SEARCH DICTIONARY plain;
