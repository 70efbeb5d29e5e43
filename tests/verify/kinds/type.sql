-- A domain and a range of other attributes.
-- expect: different type positive: domain
-- expect: different type spread: collate, operator class
-- expect: different type worded: collate
-- before
CREATE DOMAIN worded AS text;
CREATE TYPE spread AS RANGE (subtype = text);
-- drift
DROP DOMAIN worded;
CREATE DOMAIN worded AS text COLLATE "C";
DROP TYPE spread;
CREATE TYPE spread AS RANGE (subtype = text, subtype_opclass = text_pattern_ops, collation = "C");
DROP DOMAIN positive CASCADE;
CREATE DOMAIN positive AS bigint DEFAULT 1 CHECK (VALUE > 0);
ALTER TABLE customers ADD age positive;
