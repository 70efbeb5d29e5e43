-- expect: different extension citext: schema
-- expect: different column customers.mail: type
ALTER EXTENSION citext SET SCHEMA side;
