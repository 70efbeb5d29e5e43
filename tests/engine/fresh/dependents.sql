-- All that keeps a name, and then each kind of change of what is named.
-- revision
CREATE SCHEMA home;
CREATE SCHEMA away;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'glad');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN code AS text CHECK (VALUE <> '');
CREATE DOMAIN feeling AS mood DEFAULT 'ok' CHECK (VALUE <> 'sad');
CREATE COLLATION coll (locale = 'C');
CREATE SEQUENCE counter;
CREATE FUNCTION calc(i int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT i + 1';
CREATE FUNCTION feel(m mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT m';
CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE FUNCTION minded() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
-- revision
CREATE TABLE main (id int PRIMARY KEY, a int, b text, c mood DEFAULT 'ok', d pair, e date, f int, g int GENERATED ALWAYS AS (a + 1) STORED, h text COLLATE coll, k code, m feeling);
CREATE TABLE other (id int PRIMARY KEY, main_id int REFERENCES main (id) ON DELETE SET NULL, a int, z main);
CREATE TABLE parts (id int, a int NOT NULL, b text) PARTITION BY RANGE (a, lower(b));
CREATE TABLE plain_parts (id int, a int NOT NULL) PARTITION BY LIST (a);
CREATE TABLE one_part PARTITION OF plain_parts FOR VALUES IN (1);
CREATE TABLE moods (c mood) PARTITION BY LIST (c);
CREATE TABLE glad PARTITION OF moods FOR VALUES IN ('glad');
CREATE TABLE kid (own int) INHERITS (main);
CREATE TABLE typed OF pair;
-- revision
ALTER TABLE main ADD CHECK (a > 0 OR f > 0), ADD CONSTRAINT excl EXCLUDE USING btree (f WITH =) WHERE (a > 1), ADD UNIQUE (a, f), ADD CHECK (c <> 'sad'), ADD CHECK ((d).x > 0);
CREATE INDEX by_expression ON main (lower(b), calc(a)) INCLUDE (f) WHERE a > 2 AND c = 'glad';
CREATE INDEX by_column ON main (a DESC, h COLLATE coll);
CREATE STATISTICS stat ON a, f FROM main;
CREATE TRIGGER trg BEFORE UPDATE OF a, b ON main FOR EACH ROW WHEN (NEW.a IS DISTINCT FROM OLD.a AND NEW.c = 'ok') EXECUTE FUNCTION fired();
CREATE TRIGGER other_trg AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION fired();
CREATE POLICY pol ON main TO app_reader USING (a > 0) WITH CHECK (calc(a) > 0);
CREATE POLICY pol ON other USING (EXISTS (SELECT FROM main WHERE main.a = other.a AND main.c = 'ok'));
CREATE RULE rul AS ON UPDATE TO main WHERE NEW.a > 1 DO ALSO INSERT INTO other (id, a) VALUES (NEW.a, OLD.f);
CREATE RULE rul AS ON DELETE TO other DO ALSO UPDATE main SET f = calc(f) WHERE a = OLD.a;
CREATE VIEW seen AS SELECT a, b, c, calc(f) AS f, d FROM main WHERE c = 'ok';
CREATE VIEW seen_again AS SELECT a, f FROM seen;
CREATE MATERIALIZED VIEW kept AS SELECT m.a, o.id FROM main m JOIN other o ON o.main_id = m.id;
CREATE INDEX kept_by ON kept (a);
CREATE TABLE as_query AS SELECT a, b, c FROM main;
CREATE FUNCTION of_row(main) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION set_of() RETURNS SETOF main LANGUAGE sql AS 'SELECT * FROM main';
CREATE FUNCTION of_default(i int DEFAULT calc(1)) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE TABLE defaults (a int DEFAULT calc(1), b text DEFAULT ('ok'::mood)::text, c int DEFAULT nextval('counter'), d code DEFAULT 'x', e mood DEFAULT feel('ok'), f pair DEFAULT ROW(1, 'y')::pair);
CREATE DOMAIN later AS int DEFAULT calc(1) CHECK (calc(VALUE) > 0);
CREATE EVENT TRIGGER evt ON sql_drop EXECUTE FUNCTION minded();
CREATE PUBLICATION pub FOR TABLE main, other;
COMMENT ON COLUMN main.a IS 'a';
COMMENT ON CONSTRAINT excl ON main IS 'e';
COMMENT ON TRIGGER trg ON main IS 't';
COMMENT ON FUNCTION calc(int) IS 'f';
COMMENT ON TYPE mood IS 'm';
GRANT SELECT (a), UPDATE (b) ON main TO app_reader;
GRANT SELECT ON main, seen TO app_reader;
GRANT EXECUTE ON FUNCTION feel(mood) TO app_reader;
ALTER TABLE main ALTER a SET STATISTICS 50, REPLICA IDENTITY USING INDEX main_pkey, CLUSTER ON by_column;
-- change
ALTER TABLE main RENAME TO renamed;
-- change
ALTER TABLE main RENAME a TO renamed;
-- change
ALTER TABLE main RENAME b TO renamed;
-- change
ALTER TABLE main RENAME c TO renamed;
-- change
ALTER TABLE main RENAME d TO renamed;
-- change
ALTER TABLE main RENAME f TO renamed;
-- change
ALTER TABLE main RENAME id TO renamed;
-- change
ALTER TABLE main SET SCHEMA away;
-- change
ALTER TABLE other RENAME TO renamed;
-- change
ALTER TABLE other RENAME a TO renamed;
-- change
ALTER TABLE other SET SCHEMA away;
-- change
ALTER TABLE parts RENAME a TO renamed;
ALTER TABLE parts RENAME b TO other;
-- change
ALTER TABLE plain_parts RENAME a TO renamed;
ALTER TABLE plain_parts SET SCHEMA away;
-- change
ALTER TABLE plain_parts RENAME TO renamed;
ALTER TABLE moods RENAME c TO d;
-- change
ALTER TYPE mood RENAME TO renamed;
-- change
ALTER TYPE mood SET SCHEMA away;
-- change
ALTER TYPE mood RENAME VALUE 'ok' TO 'well';
-- change
ALTER TYPE mood RENAME VALUE 'glad' TO 'merry';
-- change
ALTER TYPE pair RENAME TO renamed;
-- change
ALTER TYPE pair RENAME ATTRIBUTE x TO renamed CASCADE;
-- change
ALTER TYPE pair SET SCHEMA away;
-- change
ALTER DOMAIN code RENAME TO renamed;
ALTER DOMAIN feeling RENAME TO felt;
-- change
ALTER DOMAIN code SET SCHEMA away;
-- change
ALTER COLLATION coll RENAME TO renamed;
-- change
ALTER COLLATION coll SET SCHEMA away;
-- change
ALTER FUNCTION calc(int) RENAME TO renamed;
-- change
ALTER FUNCTION calc(int) SET SCHEMA away;
-- change
ALTER FUNCTION fired() RENAME TO renamed;
ALTER FUNCTION minded() RENAME TO noticed;
-- change
ALTER FUNCTION minded() SET SCHEMA away;
ALTER FUNCTION fired() SET SCHEMA away;
-- change
ALTER FUNCTION feel(mood) RENAME TO renamed;
-- change
ALTER SEQUENCE counter RENAME TO renamed;
-- change
ALTER SEQUENCE counter SET SCHEMA away;
-- change
ALTER VIEW seen RENAME TO renamed;
ALTER VIEW seen_again RENAME a TO z;
-- change
ALTER VIEW seen SET SCHEMA away;
-- change
ALTER INDEX main_pkey RENAME TO renamed;
ALTER INDEX by_column RENAME TO columns;
-- change
ALTER TABLE main RENAME CONSTRAINT excl TO renamed;
ALTER TRIGGER trg ON main RENAME TO renamed;
ALTER POLICY pol ON main RENAME TO renamed;
ALTER RULE rul ON main RENAME TO renamed;
ALTER STATISTICS stat RENAME TO renamed;
-- change
DROP TABLE main CASCADE;
-- change
DROP TABLE other CASCADE;
-- change
ALTER TABLE main DROP COLUMN a CASCADE;
-- change
ALTER TABLE main DROP COLUMN f CASCADE;
-- change
ALTER TABLE main DROP COLUMN c CASCADE;
-- change
ALTER TABLE main DROP COLUMN id CASCADE;
-- change
DROP TYPE mood CASCADE;
-- change
DROP TYPE pair CASCADE;
-- change
DROP DOMAIN code CASCADE;
-- change
DROP COLLATION coll CASCADE;
-- change
DROP FUNCTION calc(int) CASCADE;
-- change
DROP FUNCTION fired() CASCADE;
-- change
DROP SEQUENCE counter CASCADE;
-- change
DROP VIEW seen CASCADE;
-- change
DROP INDEX by_column;
DROP STATISTICS stat;
ALTER TABLE main DROP CONSTRAINT main_pkey CASCADE;
-- change
DROP TABLE one_part, glad;
DROP TABLE kid;
DROP TABLE as_query, defaults;
-- change
ALTER TABLE defaults ALTER a TYPE bigint, ALTER b TYPE varchar(9), ALTER e TYPE text;
-- change
DROP POLICY pol ON main;
DROP RULE rul ON main;
DROP TRIGGER trg ON main;
DROP VIEW seen CASCADE;
DROP RULE rul ON other;
DROP POLICY pol ON other;
DROP MATERIALIZED VIEW kept;
ALTER TABLE main DROP g;
ALTER TABLE other DROP z;
ALTER TABLE main ALTER f TYPE bigint, ALTER b TYPE varchar(100);
