-- since: 18
-- expect: different column stays.guest: not null not valid
ALTER TABLE stays DROP CONSTRAINT guest_named, ADD CONSTRAINT guest_named NOT NULL guest NOT VALID;
