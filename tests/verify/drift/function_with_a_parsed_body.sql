-- expect: unexpected function atomic()
-- since: 14
CREATE FUNCTION atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
