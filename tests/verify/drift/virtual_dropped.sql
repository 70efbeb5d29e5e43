-- since: 18
-- expect: missing column stays.nights
ALTER TABLE stays DROP nights;
