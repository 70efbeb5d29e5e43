-- since: 18
-- expect: different constraint stays.rate_range: not enforced
ALTER TABLE stays DROP CONSTRAINT rate_range, ADD CONSTRAINT rate_range CHECK (rate > 0);
