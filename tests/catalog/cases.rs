//! Definitions of every kind, other ways to write them, and others that differ in one thing.

pub const TABLE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE other (id int PRIMARY KEY, name text);
    CREATE TABLE t (a int, b int, s varchar(10), x text, at timestamptz, j jsonb, r int4range, mood mood);
    CREATE FUNCTION notify_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
";

/// A definition as it was made, and how else it may be written: `=` for the same, `!` for another.
pub const CASES: &[(&str, &[&str])] = &[
    (
        "DEFAULT x lower('A')",
        &["= DEFAULT x LOWER( 'A' )", "= DEFAULT x pg_catalog.lower('A'::text)", "! DEFAULT x upper('A')"],
    ),
    ("DEFAULT at now()", &["= DEFAULT at now()", "! DEFAULT at clock_timestamp()"]),
    ("DEFAULT s 'abc'", &["= DEFAULT s 'abc'", "= DEFAULT s 'abc'::varchar", "! DEFAULT s 'abd'"]),
    ("DEFAULT mood 'ok'", &["= DEFAULT mood 'ok'::public.mood", "! DEFAULT mood 'sad'"]),
    (
        "GENERATED CASE WHEN s IN ('a', 'b') THEN lower(x) END",
        &[
            "= GENERATED case when t.s in ('a', 'b') then lower(t.x) end",
            "! GENERATED CASE WHEN s IN ('a') THEN lower(x) END",
        ],
    ),
    (
        "ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (s IN ('a', 'b'))",
        &[
            "= ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (t.s IN ('a', 'b'))",
            "! ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (s IN ('a', 'c'))",
            "! ALTER TABLE {target} ADD CONSTRAINT {name} CHECK (s IN ('a', 'b')) NO INHERIT",
        ],
    ),
    (
        "ALTER TABLE {target} ADD CONSTRAINT {name} EXCLUDE USING gist (r WITH &&)",
        &["! ALTER TABLE {target} ADD CONSTRAINT {name} EXCLUDE USING gist (r WITH -|-)"],
    ),
    (
        "CREATE INDEX {name} ON {target} USING btree (a, lower(x) DESC) INCLUDE (b) WHERE s IN ('a', 'b')",
        &[
            "! CREATE INDEX {name} ON {target} USING btree (a, lower(x)) INCLUDE (b) WHERE s IN ('a', 'b')",
            "! CREATE INDEX {name} ON {target} USING btree (a, lower(x) DESC) WHERE s IN ('a', 'b')",
            "! CREATE UNIQUE INDEX {name} ON {target} USING btree (a, lower(x) DESC) INCLUDE (b) WHERE s IN ('a', 'b')",
            "! CREATE INDEX {name} ON {target} USING btree (a, lower(x) DESC) INCLUDE (b)",
        ],
    ),
    ("CREATE INDEX {name} ON {target} (x text_pattern_ops)", &["! CREATE INDEX {name} ON {target} (x)"]),
    ("CREATE INDEX {name} ON {target} (x COLLATE \"C\")", &["! CREATE INDEX {name} ON {target} (x)"]),
    (
        "CREATE INDEX {name} ON {target} USING gin (j)",
        &["! CREATE INDEX {name} ON {target} USING gin (j jsonb_path_ops)"],
    ),
    (
        "CREATE VIEW {name} AS SELECT t.a, o.name FROM t JOIN other o ON o.id = t.a WHERE t.s IN ('a', 'b')",
        &[
            "= CREATE VIEW {name} AS SELECT a, name FROM public.t JOIN public.other o ON (id = a) WHERE s IN ('a', 'b')",
            "! CREATE VIEW {name} AS SELECT t.a, o.name FROM t LEFT JOIN other o ON o.id = t.a WHERE t.s IN ('a', 'b')",
            "! CREATE VIEW {name} AS SELECT t.a, o.gone FROM t JOIN other o ON o.id = t.a",
            "! CREATE VIEW {name} AS SELECT t.a, o.name FROM t JOIN gone o ON o.id = t.a",
        ],
    ),
    (
        "CREATE FUNCTION {name}(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n'",
        &[
            "= CREATE FUNCTION {name}(n integer = 1) RETURNS int4 IMMUTABLE LANGUAGE sql AS 'SELECT n'",
            "! CREATE FUNCTION {name}(n int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT n'",
            "! CREATE FUNCTION {name}(n int DEFAULT 1) RETURNS int LANGUAGE sql STABLE AS 'SELECT n'",
            "! CREATE FUNCTION {name}(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT  n'",
            "! CREATE FUNCTION {name}(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE SECURITY DEFINER AS 'SELECT n'",
            "! CREATE FUNCTION {name}(n int DEFAULT 1) RETURNS int LANGUAGE sql IMMUTABLE SET search_path = x AS 'SELECT n'",
        ],
    ),
    ("CREATE PROCEDURE {name}(n int) LANGUAGE plpgsql AS 'BEGIN PERFORM gone(n); END'", &[]),
    (
        "CREATE AGGREGATE {name}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')",
        &["! CREATE AGGREGATE {name}(int) (SFUNC = int4mul, STYPE = int, INITCOND = '0')"],
    ),
    (
        "CREATE TRIGGER {name} BEFORE UPDATE OF s ON {target} FOR EACH ROW WHEN (NEW.s IN ('a', 'b')) EXECUTE FUNCTION notify_change()",
        &[
            "! CREATE TRIGGER {name} AFTER UPDATE OF s ON {target} FOR EACH ROW WHEN (NEW.s IN ('a', 'b')) EXECUTE FUNCTION notify_change()",
            "! CREATE TRIGGER {name} BEFORE UPDATE OF s ON {target} FOR EACH ROW EXECUTE FUNCTION notify_change()",
        ],
    ),
    (
        "CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {target} DEFERRABLE FOR EACH ROW EXECUTE FUNCTION notify_change()",
        &["! CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON {target} FOR EACH ROW EXECUTE FUNCTION notify_change()"],
    ),
    (
        "CREATE POLICY {name} ON {target} FOR SELECT USING (s IN ('a', 'b') AND a IN (SELECT id FROM other))",
        &[
            "! CREATE POLICY {name} ON {target} USING (s IN ('a', 'b') AND a IN (SELECT id FROM other))",
            "! CREATE POLICY {name} ON {target} FOR SELECT USING (s IN ('a', 'b'))",
        ],
    ),
    ("CREATE POLICY {name} ON {target} USING (EXISTS (SELECT FROM t u WHERE u.b = t.a))", &[]),
    (
        "CREATE RULE {name} AS ON INSERT TO {target} WHERE NEW.s IN ('a', 'b') DO ALSO INSERT INTO other VALUES (NEW.a)",
        &["! CREATE RULE {name} AS ON INSERT TO {target} DO ALSO INSERT INTO other VALUES (NEW.a)"],
    ),
    (
        "CREATE DOMAIN {name} AS varchar(20) DEFAULT 'x' NOT NULL CHECK (VALUE IN ('a', 'b'))",
        &[
            "! CREATE DOMAIN {name} AS varchar(20) DEFAULT 'x' NOT NULL",
            "! CREATE DOMAIN {name} AS varchar(21) DEFAULT 'x' NOT NULL CHECK (VALUE IN ('a', 'b'))",
        ],
    ),
    (
        "CREATE TYPE {name} AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)",
        &["! CREATE TYPE {name} AS RANGE (SUBTYPE = float8)", "! CREATE TYPE {name} AS RANGE (SUBTYPE = int)"],
    ),
    (
        "CREATE SEQUENCE {name} AS int INCREMENT 2 CACHE 5",
        &["= CREATE SEQUENCE {name} INCREMENT BY 2 AS integer CACHE 5 START WITH 1", "! CREATE SEQUENCE {name} AS int"],
    ),
    (
        "CREATE STATISTICS {name} (dependencies) ON a, b FROM {target}",
        &[
            "= CREATE STATISTICS {name} (dependencies) ON b, a FROM {target}",
            "! CREATE STATISTICS {name} ON a, b FROM {target}",
        ],
    ),
    ("CREATE COLLATION {name} (LOCALE = 'C')", &["! CREATE COLLATION {name} (LOCALE = 'POSIX')"]),
];
