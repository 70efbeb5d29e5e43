-- since: 18
-- expect: different constraint stays.guest_known: not enforced
ALTER TABLE stays ALTER CONSTRAINT guest_known ENFORCED;
