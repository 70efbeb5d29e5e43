-- expect: missing constraint positive.positive_check
ALTER DOMAIN positive DROP CONSTRAINT positive_check;
