-- Another owner of an object of each kind, where privileges are asked for.
-- privileges
-- expect: different collation exact: owner
-- expect: different conversion mine: owner
-- expect: different event trigger watch: owner
-- expect: different foreign data wrapper nowhere: owner
-- expect: different function add_one(integer): owner
-- expect: different language plother: owner
-- expect: different operator <<< (pair, pair): owner
-- expect: different operator class pairs using hash: owner
-- expect: different operator family other using hash: owner
-- expect: different publication news: owner
-- expect: different schema side: owner
-- expect: different sequence numbers: owner
-- expect: different server far: owner
-- expect: different statistics orders_stat on orders: owner
-- expect: different subscription feed: owner
-- expect: different table parent: owner
-- expect: different text search configuration words: owner
-- expect: different text search dictionary plain: owner
-- expect: different type mood: owner
-- expect: different view big: owner
-- before
CREATE ROLE lockgate_kinds_owner SUPERUSER;
CREATE OPERATOR FAMILY other USING hash;
CREATE OPERATOR CLASS pairs FOR TYPE pair USING hash AS OPERATOR 1 <<<;
CREATE SUBSCRIPTION feed CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- drift
ALTER COLLATION exact OWNER TO lockgate_kinds_owner;
ALTER CONVERSION mine OWNER TO lockgate_kinds_owner;
ALTER EVENT TRIGGER watch OWNER TO lockgate_kinds_owner;
ALTER FOREIGN DATA WRAPPER nowhere OWNER TO lockgate_kinds_owner;
ALTER FUNCTION add_one(int) OWNER TO lockgate_kinds_owner;
ALTER LANGUAGE plother OWNER TO lockgate_kinds_owner;
ALTER OPERATOR <<< (pair, pair) OWNER TO lockgate_kinds_owner;
ALTER OPERATOR CLASS pairs USING hash OWNER TO lockgate_kinds_owner;
ALTER OPERATOR FAMILY other USING hash OWNER TO lockgate_kinds_owner;
ALTER PUBLICATION news OWNER TO lockgate_kinds_owner;
ALTER SCHEMA side OWNER TO lockgate_kinds_owner;
ALTER SEQUENCE numbers OWNER TO lockgate_kinds_owner;
ALTER SERVER far OWNER TO lockgate_kinds_owner;
ALTER STATISTICS orders_stat OWNER TO lockgate_kinds_owner;
ALTER SUBSCRIPTION feed OWNER TO lockgate_kinds_owner;
ALTER TABLE parent OWNER TO lockgate_kinds_owner;
ALTER TEXT SEARCH CONFIGURATION words OWNER TO lockgate_kinds_owner;
ALTER TEXT SEARCH DICTIONARY plain OWNER TO lockgate_kinds_owner;
ALTER TYPE mood OWNER TO lockgate_kinds_owner;
ALTER VIEW big OWNER TO lockgate_kinds_owner;
