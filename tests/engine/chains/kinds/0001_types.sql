CREATE SCHEMA shop;
CREATE DOMAIN shop.price AS numeric(10, 2) CHECK (VALUE >= 0);
CREATE TYPE shop.address AS (street text, city text);
CREATE TYPE shop.span AS RANGE (subtype = integer);
CREATE SEQUENCE shop.counter INCREMENT BY 5 START WITH 100;
CREATE COLLATION shop.plain FROM "C";
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA shop;
