-- since: 18
-- expect: missing constraint meals.served
ALTER TABLE meals DROP CONSTRAINT served;
