-- Names that need quotes, in what another object names.
-- expect: missing function side."F"(side."T ""q")
-- expect: missing view "V-1"
-- before
CREATE TABLE side."T ""q" ("select" int, "a.b" text);
CREATE FUNCTION side."F"("A" side."T ""q") RETURNS text LANGUAGE sql AS 'SELECT NULL';
CREATE VIEW "V-1" AS SELECT "a.b" AS "X y", side."F"(t) AS f FROM side."T ""q" t;
-- drift
DROP VIEW "V-1";
DROP FUNCTION side."F";
