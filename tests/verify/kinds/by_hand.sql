-- An object by hand of each kind that no other drift makes.
-- expect: unexpected cast (mood AS pair)
-- expect: unexpected collation loose
-- expect: unexpected operator >>> (pair, pair)
-- expect: unexpected rule parent.loud
-- expect: unexpected server near
-- expect: unexpected statistics more_stat on orders
-- expect: unexpected text search configuration phrases
-- expect: unexpected text search dictionary fancy
-- drift
CREATE CAST (mood AS pair) WITH FUNCTION pair_of_mood(mood);
CREATE COLLATION loose (locale = 'C');
CREATE OPERATOR >>> (function = pair_less, leftarg = pair, rightarg = pair);
CREATE RULE loud AS ON UPDATE TO parent DO ALSO NOTHING;
CREATE SCHEMA attic;
CREATE SERVER near FOREIGN DATA WRAPPER nowhere;
CREATE STATISTICS more_stat ON id, amount FROM orders;
CREATE TEXT SEARCH CONFIGURATION phrases (parser = cutter);
CREATE TEXT SEARCH DICTIONARY fancy (template = simple);
-- before
CREATE FUNCTION pair_of_mood(mood) RETURNS pair LANGUAGE sql IMMUTABLE AS 'SELECT NULL::pair';
