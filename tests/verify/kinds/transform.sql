-- A transform by another function.
-- expect: different transform for integer language sql: from sql
-- before
CREATE FUNCTION own_from(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'prsd_lextype';
-- drift
DROP TRANSFORM FOR int LANGUAGE sql;
CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION own_from(internal), TO SQL WITH FUNCTION int4recv(internal));
