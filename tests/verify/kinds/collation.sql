-- A collation of another provider, and of other attributes.
-- since: 15
-- expect: different collation exact: lc_collate, lc_ctype, locale, provider
-- expect: different collation words_of: locale, nondeterministic
-- before
CREATE COLLATION words_of (provider = icu, locale = 'de');
-- drift
DROP COLLATION words_of;
CREATE COLLATION words_of (provider = icu, locale = 'fr', deterministic = false);
DROP COLLATION exact;
CREATE COLLATION exact (provider = icu, locale = 'und');
