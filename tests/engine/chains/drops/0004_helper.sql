CREATE TABLE helper AS SELECT id, y FROM a;
UPDATE a SET y = 'y ' || helper.y FROM helper WHERE helper.id = a.id;
DROP TABLE helper;
DROP VIEW ab;
DROP TABLE b CASCADE;
