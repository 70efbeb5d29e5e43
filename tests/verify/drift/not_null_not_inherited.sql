-- since: 18
-- expect: different column suites.rate: not null no inherit
ALTER TABLE suites ALTER CONSTRAINT suites_rate_not_null NO INHERIT;
