-- expect: unexpected constraint positive.small
ALTER DOMAIN positive ADD CONSTRAINT small CHECK (VALUE < 200);
