-- A collation by other rules.
-- since: 16
-- expect: different collation words_of: rules
-- before
CREATE COLLATION words_of (provider = icu, locale = 'de');
-- drift
DROP COLLATION words_of;
CREATE COLLATION words_of (provider = icu, locale = 'de', rules = '&a < g');
