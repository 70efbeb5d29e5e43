//! An empty history before a database that holds objects of the chain: another source made them.

use crate::support::{Gate, Outcome, TestDatabase};

const USERS: &str = "CREATE TABLE users (id int PRIMARY KEY, mail text)";
const SEED: &str = "INSERT INTO users (id, mail) VALUES (1, 'a')";
const AGE: &str = "ALTER TABLE users ADD age int";
const ORDERS: &str = "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users)";
const RAISE: &str = "UPDATE users SET age = age + 1";

fn gate(database: &TestDatabase, scripts: &[&str]) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]).steps(scripts)
}

fn recorded(database: &TestDatabase) -> String {
    let rows = "SELECT coalesce(string_agg(revision, ' ' ORDER BY depth), '') FROM lockgate_history";
    if database.value("SELECT to_regclass('lockgate_history') IS NULL") == "t" {
        String::new()
    } else {
        database.value(rows)
    }
}

#[track_caller]
fn refused(outcome: Outcome, texts: &[&str]) {
    let outcome = outcome.expect(65);
    for text in [&["error[LG0513]"], texts].concat() {
        assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
    }
}

#[test]
fn definitions_that_the_catalog_proves_are_recorded_and_the_rest_runs() {
    let database = TestDatabase::with(&[USERS, AGE]);
    let outcome = gate(&database, &[USERS, AGE, ORDERS, "INSERT INTO orders (id) VALUES (7)"]).run().expect(0);
    assert!(outcome.stderr.contains("holds 1 of this chain's 2 tables"), "{outcome}");
    assert_eq!(recorded(&database), "0001 0002 0003 0004");
    assert_eq!(database.value("SELECT id FROM orders"), "7");
}

#[test]
fn a_revision_that_is_half_there_is_completed_where_only_definitions_lie_before() {
    let database = TestDatabase::with(&[USERS]);
    gate(&database, &[&format!("{USERS};\n{AGE}")]).run().expect(0);
    assert_eq!(recorded(&database), "0001");
    assert_eq!(database.value("SELECT count(age) FROM users"), "0");
}

/// A name, a chain, the statements of it that were run by hand, and words of the refusal.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [&'a str]);

/// Chains, the statements of them that were run by hand, and the refusal. No statement may run twice, and no revision may be
/// recorded.
#[test]
fn data_that_may_have_been_written_before_is_never_written_again() {
    let cases: &[Case<'_>] = &[
        (
            "a seed",
            &[USERS, SEED, AGE],
            &[USERS, SEED, AGE],
            &["stands at 0003", "0002_step.sql:1:1: the catalog cannot show"],
        ),
        (
            "a seed that did not run",
            &[USERS, SEED, AGE],
            &[USERS, AGE],
            &["0002_step.sql:1:1: the catalog cannot show"],
        ),
        ("the last revision", &[USERS, AGE, RAISE], &[USERS, AGE], &["stands at 0002", "0003_step.sql:1:1"]),
        ("code", &[USERS, "DO $$ BEGIN PERFORM 1; END $$", AGE], &[USERS, AGE], &["0002_step.sql:1:1"]),
        (
            "a repeatable seed",
            &[USERS, "INSERT INTO users (id) VALUES (5) ON CONFLICT DO NOTHING", AGE],
            &[USERS, AGE],
            &["0002_step.sql:1:1"],
        ),
    ];
    for (name, chain, ran, says) in cases {
        println!("{name}");
        let database = TestDatabase::with(ran);
        database.sql("INSERT INTO users (id) VALUES (9)");
        let rows = || database.query_text("SELECT * FROM users ORDER BY id");
        let before = rows();
        let gate = gate(&database, chain);
        refused(gate.run(), says);
        assert_eq!((rows(), recorded(&database)), (before, String::new()));
    }
}

#[test]
fn a_difference_is_shown_with_both_definitions() {
    let database = TestDatabase::with(&["CREATE TABLE users (id int PRIMARY KEY, mail varchar(80))", AGE]);
    let texts = ["the chain: text", "the database: varchar(80)", "settle the differences"];
    let database_text = "the database: character varying(80)";
    let outcome = gate(&database, &[USERS, AGE, ORDERS]).run();
    let text = if outcome.stderr.contains(database_text) { [texts[0], database_text, texts[2]] } else { texts };
    refused(outcome, &text);
    assert_eq!(recorded(&database), "");
}

#[test]
fn objects_of_a_later_revision_before_those_of_an_earlier_are_no_prefix() {
    let database = TestDatabase::with(&["CREATE TABLE parts (id int)"]);
    let outcome = gate(&database, &[USERS, "CREATE TABLE parts (id int)"]).run();
    refused(outcome, &["no revision is there as a whole", "there in part: 0002", "its effect is missing"]);
}

#[test]
fn status_and_plan_say_what_was_found() {
    let database = TestDatabase::with(&[USERS, SEED, AGE]);
    let gate = gate(&database, &[USERS, SEED, AGE, ORDERS]);
    let status = gate.with(["status"]).run().expect(0);
    let plan = gate.with(["plan"]).run().expect(65);
    for text in ["holds 1 of this chain's 2 tables", "stands at 0003", "0002_step.sql:1:1: the catalog cannot show"] {
        assert!(status.stdout.contains(text) && plan.stdout.contains(text), "{text}: {status}\n{plan}");
    }
    assert!(
        plan.stdout.contains("lockgate stamp 0003") && status.stdout.contains("lockgate stamp 0003"),
        "{plan}\n{status}"
    );
    let json = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((json["found"]["stands_at"].as_str(), json["found"]["tables_found"].as_i64()), (Some("0003"), Some(1)));
    assert_eq!(gate.with(["plan", "--json"]).run().expect(65).json()["first_contact"]["refused"], true);
}

#[test]
fn the_revision_that_is_named_can_be_stamped_and_the_rest_runs() {
    let database = TestDatabase::with(&[USERS, SEED, AGE]);
    let gate = gate(&database, &[USERS, SEED, AGE, ORDERS]);
    let refused = gate.with(["stamp", "0004"]).run().expect(65);
    assert!(
        refused.stderr.contains("LG0514") && refused.stderr.contains("0004_step.sql:1:1: its effect is missing"),
        "{refused}"
    );
    gate.with(["stamp", "0003"]).run().expect(0);
    gate.run().expect(0);
    assert_eq!(recorded(&database), "0001 0002 0003 0004");
    assert_eq!(database.value("SELECT count(*) FROM users"), "1");
}

#[test]
fn the_setting_refuses_what_is_proved_and_lets_the_engine_judge_what_is_not() {
    let proved = TestDatabase::with(&[USERS, AGE]);
    refused(gate(&proved, &[USERS, AGE, ORDERS]).env("LOCKGATE_FIRST_CONTACT", "refuse").run(), &["stands at 0002"]);
    assert_eq!(recorded(&proved), "");

    let unproved = TestDatabase::with(&[USERS, SEED, AGE]);
    gate(&unproved, &[USERS, SEED, AGE, ORDERS]).env("LOCKGATE_FIRST_CONTACT", "migrate").run().expect(0);
    assert_eq!(unproved.value("SELECT count(*) FROM users"), "1");
}

#[test]
fn objects_beside_the_model_are_proved_by_the_catalog() {
    const SEARCH: &str = "CREATE FOREIGN DATA WRAPPER wrapper; CREATE SERVER remote FOREIGN DATA WRAPPER wrapper OPTIONS (host 'a');\
        CREATE TEXT SEARCH CONFIGURATION en (COPY = english); ALTER TEXT SEARCH CONFIGURATION en DROP MAPPING FOR email";
    let database = TestDatabase::with(&[USERS, SEARCH]);
    gate(&database, &[USERS, SEARCH, AGE]).run().expect(0);
    assert_eq!(recorded(&database), "0001 0002 0003");

    let other = TestDatabase::with(&[USERS, SEARCH, "ALTER SERVER remote OPTIONS (SET host 'b')"]);
    refused(gate(&other, &[USERS, SEARCH, AGE]).run(), &["stands at 0001", "0002_step.sql"]);
}

/// Databases in which nothing is the chain's own.
#[test]
fn a_database_without_objects_of_the_chain_is_migrated() {
    for (name, before, chain) in [
        ("empty", "", &[USERS, SEED][..]),
        ("tables of others", "CREATE TABLE other (id int); INSERT INTO other VALUES (1)", &[USERS, SEED]),
        ("a table that the chain only changes", USERS, &[AGE, SEED]),
        ("what others make for the chain", "CREATE SCHEMA app", &["CREATE SCHEMA IF NOT EXISTS app", SEED, USERS]),
        (
            "an equal right",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
            &["GRANT USAGE ON SCHEMA public TO PUBLIC", USERS, SEED],
        ),
    ] {
        println!("{name}");
        let chain: Vec<&str> =
            if name.starts_with("what others") { vec![chain[0], chain[2], chain[1]] } else { chain.to_vec() };
        let database = TestDatabase::new();
        database.sql(before);
        gate(&database, &chain).run().expect(0);
        assert_eq!(database.value("SELECT count(*) FROM users"), "1");
    }
}

#[test]
fn what_loses_rows_is_refused_whatever_the_setting_unless_the_script_accepts_it() {
    let database = TestDatabase::with(&[USERS, AGE]);
    database.sql("INSERT INTO users (id) VALUES (9)");
    let dropping = gate(&database, &[USERS, AGE, "DROP TABLE users"]).env("LOCKGATE_ON_DESTRUCTIVE", "allow");
    let outcome = dropping.run().expect(65);
    assert!(outcome.stderr.contains("LG0525") && outcome.stderr.contains("users"), "{outcome}");
    assert_eq!((database.value("SELECT count(*) FROM users").as_str(), recorded(&database)), ("1", String::new()));

    dropping.write("0003_step.sql", "-- lockgate:accept destructive\nDROP TABLE users");
    dropping.run().expect(0);
    assert_eq!(recorded(&database), "0001 0002 0003");
}
