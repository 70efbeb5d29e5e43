//! Objects that a lesser role makes between the look and the run. IF NOT EXISTS and OR REPLACE would take it; the run does not.

use crate::support::{Gate, HELD, Hold, Outcome, TestDatabase, eventually};

/// A statement that takes an existing object, and the object that the lesser role makes at that moment; of the error, the words that name it.
const TAKERS: [(&str, &str, &str); 18] = [
    ("CREATE TABLE IF NOT EXISTS x (id int)", "CREATE TABLE public.x (id int)", "public.x"),
    ("CREATE TABLE IF NOT EXISTS public.x AS SELECT 1 AS id", "CREATE TABLE public.x (id int)", "public.x"),
    (
        "CREATE MATERIALIZED VIEW IF NOT EXISTS x AS SELECT 1 AS id",
        "CREATE MATERIALIZED VIEW public.x AS SELECT 1 AS id",
        "public.x",
    ),
    ("CREATE OR REPLACE VIEW x AS SELECT 1 AS id", "CREATE VIEW public.x AS SELECT 1 AS id", "public.x"),
    ("CREATE SEQUENCE IF NOT EXISTS x", "CREATE SEQUENCE public.x", "public.x"),
    (
        "CREATE INDEX IF NOT EXISTS x ON own (id)",
        "CREATE TABLE public.hers (id int); CREATE INDEX x ON public.hers (id)",
        "public.x",
    ),
    (
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS x ON own (id)",
        "CREATE TABLE public.hers (id int); CREATE INDEX x ON public.hers (id)",
        "x",
    ),
    (
        "CREATE OR REPLACE FUNCTION x(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE FUNCTION public.x(int) RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "public.x",
    ),
    (
        "CREATE OR REPLACE PROCEDURE x() LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE public.x() LANGUAGE sql AS 'SELECT 2'",
        "public.x",
    ),
    (
        "CREATE OR REPLACE AGGREGATE x(int) (SFUNC = int4pl, STYPE = int)",
        "CREATE AGGREGATE public.x(int) (SFUNC = int4mi, STYPE = int)",
        "public.x",
    ),
    ("CREATE SCHEMA IF NOT EXISTS x", "CREATE SCHEMA x", "schema x"),
    (
        "CREATE SERVER IF NOT EXISTS x FOREIGN DATA WRAPPER w OPTIONS (host '127.0.0.1')",
        "CREATE SERVER x FOREIGN DATA WRAPPER w OPTIONS (host '192.0.2.1')",
        "server x",
    ),
    (
        "CREATE USER MAPPING FOR CURRENT_USER SERVER x OPTIONS (password 'no one else''s')",
        "CREATE SERVER x FOREIGN DATA WRAPPER w OPTIONS (host '192.0.2.1')",
        "server x",
    ),
    ("CREATE FOREIGN TABLE IF NOT EXISTS x (id int) SERVER s", "CREATE TABLE public.x (id int)", "public.x"),
    ("CREATE EXTENSION IF NOT EXISTS citext", "CREATE EXTENSION citext SCHEMA public", "extension citext"),
    ("CREATE COLLATION IF NOT EXISTS x (LOCALE = 'C')", "CREATE COLLATION public.x (LOCALE = 'C')", "public.x"),
    (
        "CREATE STATISTICS IF NOT EXISTS x ON id, b FROM own",
        "CREATE TABLE public.hers (id int, b int); CREATE STATISTICS public.x ON id, b FROM public.hers",
        "public.x",
    ),
    (
        "DO $$ BEGIN CREATE TYPE x AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE TYPE public.x AS ENUM ('a')",
        "public.x",
    ),
];

const BASE: &str =
    "CREATE TABLE own (id int, b int); CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w";

struct Race {
    database: TestDatabase,
    mallory: String,
    gate: Gate,
}

impl Race {
    fn new() -> Self {
        let database = TestDatabase::new();
        let mallory = database.cluster().role("LOGIN");
        let name = database.name();
        database.sql(&format!("ALTER DATABASE {name} SET track_functions = 'all'"));
        let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]);
        let gate = gate.chain(&[("0001_base.sql", BASE)]);
        gate.run().expect(0);
        let race = Self { database, mallory, gate };
        race.grant();
        race
    }

    fn grant(&self) {
        self.database.sql(&format!(
            "GRANT CREATE ON SCHEMA public TO {0}; GRANT CREATE ON DATABASE {1} TO {0}; \
             GRANT USAGE ON FOREIGN DATA WRAPPER w TO {0}",
            self.mallory,
            self.database.name()
        ));
    }

    fn as_mallory(&self, sql: &str) {
        self.database.sql(&format!("SET SESSION AUTHORIZATION {}; {sql}", self.mallory));
    }

    /// The gate has looked and waits; then the lesser role makes something; then the gate goes on.
    fn run(&self, statements: &str, made: &str) -> Outcome {
        let hold = Hold::on(&self.database);
        self.gate.write("0002_taker.sql", format!("{HELD}\n{statements};"));
        let running = self.gate.spawn();
        hold.reached();
        self.as_mallory(made);
        hold.release();
        running.wait_patiently()
    }

    fn clean(&self) {
        self.database.sql(&format!(
            "DELETE FROM lockgate_history WHERE revision = '0002'; DROP OWNED BY {} CASCADE",
            self.mallory
        ));
        self.grant();
    }
}

#[test]
fn what_a_lesser_role_makes_between_the_look_and_the_run_is_not_taken() {
    let race = Race::new();
    for (taker, made, named) in TAKERS {
        let raced = race.run(taker, made);
        // The look finds it at once.
        let again = race.gate.run();
        for (when, outcome) in [("at that moment", &raced), ("before", &again)] {
            let said = &outcome.stderr;
            assert_eq!(outcome.code, Some(65), "{taker}, {when}: {outcome}");
            assert!(
                said.contains(named) && said.contains("0002_taker.sql:2:1: conflict"),
                "{taker}, {when}: {outcome}"
            );
            let is_told = said.contains(&format!("belongs to {}, a role that is not trusted", race.mallory));
            assert!(is_told || taker.contains(" INDEX "), "{taker}, {when}: {outcome}");
        }
        let meanwhile = raced.stderr.contains("what it would take for its own was changed meanwhile");
        assert!(meanwhile && !again.stderr.contains("meanwhile"), "{taker}: {raced}");
        assert_eq!(race.database.value("SELECT count(*) FROM lockgate_history WHERE finished_at IS NOT NULL"), "1");
        race.clean();
    }
}

#[test]
fn what_nobody_made_meanwhile_is_made_by_the_run() {
    let race = Race::new();
    let named = TAKERS.iter().enumerate().map(|(at, (taker, ..))| taker.replace(" x", &format!(" x{at}")));
    let mut all: Vec<String> = named.collect();
    // A mapping needs its server.
    let at = TAKERS.iter().position(|(taker, ..)| taker.contains("USER MAPPING")).expect("the mapping");
    all.insert(at, format!("CREATE SERVER x{at} FOREIGN DATA WRAPPER w"));
    let (apart, together): (Vec<_>, Vec<_>) = all.into_iter().partition(|taker| taker.contains("CONCURRENTLY"));
    race.gate.write("0002_takers.sql", together.join(";\n"));
    race.gate.write("0003_apart.sql", apart.join(";\n"));
    let outcome = race.gate.run().expect(0);
    assert!(!outcome.stderr.contains("meanwhile"), "{outcome}");
    // A path of the script's own, and objects that go where they came.
    race.gate.write(
        "0004_path.sql",
        "CREATE SCHEMA IF NOT EXISTS s; SET search_path = s, public; CREATE TABLE IF NOT EXISTS t (id int); \
         CREATE TABLE IF NOT EXISTS pg_temp.p (id int); CREATE TEMP TABLE IF NOT EXISTS q (id int); \
         CREATE INDEX IF NOT EXISTS own_id ON public.own (id); DROP TABLE t; CREATE OR REPLACE VIEW t AS SELECT 1 AS id; \
         CREATE OR REPLACE FUNCTION t(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    race.gate.run().expect(0);
    assert_eq!(race.database.value("SELECT 's.t'::regclass"), "s.t");
}

#[test]
fn what_was_taken_is_looked_at_before_the_next_statement_can_run_it() {
    let race = Race::new();
    let trap = "CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                CREATE TABLE public.x (id int); CREATE TRIGGER t BEFORE INSERT ON public.x FOR EACH ROW EXECUTE FUNCTION public.trap(); \
                GRANT ALL ON public.x TO PUBLIC";
    let statements = "CREATE TABLE IF NOT EXISTS x (id int);\nINSERT INTO x VALUES (1)";
    let outcome = race.run(statements, trap);
    assert_eq!(outcome.code, Some(65), "{outcome}");
    let sessions =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    eventually("the sessions end", || race.database.value(sessions) == "0");
    let sprung = "SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'trap'";
    assert_eq!(race.database.value(sprung), "0", "{outcome}");
}

#[test]
fn what_is_taken_away_at_every_run_ends_the_run_with_its_cause() {
    let race = Race::new();
    // Given an event trigger that gives every new function to the lesser role.
    race.database.sql(&format!(
        "CREATE FUNCTION public.give() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN ALTER FUNCTION public.x() OWNER TO {}; END'; \
         CREATE EVENT TRIGGER give ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION public.give()",
        race.mallory
    ));
    // When the chain makes a function that replaces any existing one.
    race.gate.write("0002_taker.sql", "CREATE OR REPLACE FUNCTION public.x() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    let outcome = race.gate.run();
    // Then no retry helps, and the cause is said.
    assert_eq!(outcome.code, Some(65), "{outcome}");
    let says = |words: &str| outcome.stderr.contains(words);
    assert!(says("LG0521") && says("function public.x") && says("belongs to") && says("event trigger"), "{outcome}");
    assert!(!says("the connection broke"), "{outcome}");
}
