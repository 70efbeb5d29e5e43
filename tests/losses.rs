//! Statements that lose rows or values: their messages, the commands that refuse them, and a comparison with the server's own
//! behavior.

mod cascade; // what CASCADE takes, against what the server says that it took
mod conversions; // types into types: lost, kept or refused, against what the server does

use serde_json::Value;

use crate::support::{Gate, Outcome, TestDatabase};

/// A shop with rows.
const BASE: &str = "
CREATE TABLE users (id int PRIMARY KEY, name text, plan text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total numeric(10,2));
CREATE TABLE order_items (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE CASCADE);
CREATE TABLE notes (id int PRIMARY KEY, order_id int REFERENCES orders ON DELETE SET NULL);
CREATE TABLE days (day date) PARTITION BY RANGE (day);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE parent (id int, kept text);
CREATE TABLE child (more text) INHERITS (parent);
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE DOMAIN short AS text;
CREATE TYPE pair AS (a int, b int);
CREATE TABLE moods (id int, mood mood, short short, pair pair);
CREATE SCHEMA old;
CREATE TABLE old.logs (id int);
CREATE TABLE empty (id int, note text);
CREATE SEQUENCE numbers;
CREATE SEQUENCE fresh;
CREATE VIEW names AS SELECT name FROM users;
CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM users;
CREATE FUNCTION twice(n int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT n * 2';
CREATE TABLE doubled (n int, twice int GENERATED ALWAYS AS (twice(n)) STORED);
CREATE EXTENSION citext SCHEMA old;
CREATE TABLE ci (name old.citext);
";

const ROWS: &str = "
INSERT INTO users SELECT n, 'name ' || n, 'free' FROM generate_series(1, 40) n;
INSERT INTO orders SELECT n, n, n FROM generate_series(1, 30) n;
INSERT INTO order_items SELECT n, 1 + n % 30 FROM generate_series(1, 2000) n;
INSERT INTO notes SELECT n, n FROM generate_series(1, 10) n;
INSERT INTO days SELECT '2026-01-25'::date + n FROM generate_series(0, 9) n;
INSERT INTO parent VALUES (1, 'a'); INSERT INTO child VALUES (2, 'b', 'c');
INSERT INTO moods VALUES (1, 'low', 'x', (1, 2));
INSERT INTO old.logs VALUES (1); INSERT INTO doubled VALUES (1); INSERT INTO ci VALUES ('A');
SELECT nextval('numbers');
INSERT INTO empty VALUES (1); DELETE FROM empty;
VACUUM ANALYZE;
";

/// With rows, and this script pending.
fn shop(script: &str) -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_base.sql", BASE)]);
    gate.with(["migrate"]).run().expect(0);
    for statement in ROWS.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
        database.sql(statement);
    }
    gate.write("0002_next.sql", script);
    (database, gate)
}

fn statements(outcome: &Outcome) -> Vec<Value> {
    let revisions = outcome.json()["revisions"].as_array().expect("revisions").clone();
    revisions.iter().flat_map(|revision| revision["statements"].as_array().expect("statements").clone()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("a text").to_owned()).collect()
}

/// The losses of each statement of a plan.
fn losses(gate: &Gate) -> Vec<Vec<String>> {
    statements(&gate.with(["plan", "--json"]).run()).iter().map(|one| texts(&one["destructive"])).collect()
}

#[test]
fn each_kind_of_loss_is_told_with_what_goes_along_and_about_how_many_rows() {
    for (script, wanted) in [
        ("DROP TABLE notes", &["table notes, with about 10 rows"][..]),
        (
            "TRUNCATE orders CASCADE",
            &[
                "every row of order_items (about 2,000 rows)",
                "every row of orders (about 30 rows)",
                "every row of notes (about 10 rows)",
            ],
        ),
        ("TRUNCATE notes", &["every row of notes (about 10 rows)"]),
        (
            "DELETE FROM orders WHERE 1 = 1",
            &[
                "every row of order_items (about 2,000 rows)",
                "every row of orders (about 30 rows)",
                "the values of notes.order_id where ON DELETE sets it (about 10 rows)",
            ],
        ),
        (
            "WITH moved AS (DELETE FROM notes RETURNING id) INSERT INTO empty SELECT id FROM moved",
            &["every row of notes (about 10 rows)"],
        ),
        ("ALTER TABLE users DROP COLUMN plan", &["the values of users.plan (about 40 rows)"]),
        ("DROP TABLE days", &["table days and its 2 partitions, with about 10 rows"]),
        ("TRUNCATE days_1", &["every row of days_1 (about 7 rows)"]),
        (
            "ALTER TABLE parent DROP COLUMN kept",
            &["the values of child.kept (about 1 row)", "the values of parent.kept (about 1 row)"],
        ),
        ("DROP TABLE parent CASCADE", &["table parent, with about 1 row", "table child, with about 1 row"]),
        ("DROP TYPE mood CASCADE", &["the values of moods.mood (about 1 row)"]),
        ("DROP DOMAIN short CASCADE", &["the values of moods.short (about 1 row)"]),
        ("ALTER TYPE pair DROP ATTRIBUTE b", &["the values of moods.pair (about 1 row)"]),
        ("DROP EXTENSION citext CASCADE", &["the values of ci.name (about 1 row)"]),
        ("DROP SCHEMA old CASCADE", &["the values of ci.name (about 1 row)", "table old.logs, with about 1 row"]),
        ("DROP SEQUENCE numbers", &["the position of sequence numbers"]),
        (
            "ALTER TABLE orders ALTER total TYPE integer",
            &["what integer cannot hold of orders.total, now numeric(10,2) (about 30 rows)"],
        ),
        (
            "DROP VIEW names; ALTER TABLE users ALTER name TYPE varchar(5) USING name::varchar(5)",
            &["what varchar(5) cannot hold of users.name, now text (about 40 rows)"],
        ),
        (
            "DROP VIEW names; ALTER TABLE users ALTER name TYPE text USING lower(name)",
            &["the values of users.name, now text, where USING makes others (about 40 rows)"],
        ),
        (
            "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME plan TO tariff; ALTER TABLE people DROP tariff",
            &["the values of users.plan (about 40 rows)"],
        ),
        ("SET search_path = old, public; DROP TABLE logs", &["table old.logs, with about 1 row"]),
        (
            "DO $$ BEGIN IF EXISTS (SELECT FROM pg_tables WHERE tablename = 'notes') THEN DROP TABLE notes; END IF; END $$",
            &["table notes, with about 10 rows"],
        ),
        // The code of the EXECUTE is not read.
        ("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'notes'; END $$", &[]),
        // PostgreSQL refuses values that are too long.
        ("DROP VIEW names; ALTER TABLE users ALTER name TYPE varchar(5)", &[]),
        ("ALTER TABLE users ALTER id TYPE bigint", &[]),
        ("DROP VIEW names", &[]),
        ("DROP MATERIALIZED VIEW counted", &[]),
        ("DROP FUNCTION twice CASCADE", &[]),
        ("DROP SEQUENCE fresh", &[]),
        ("DELETE FROM users WHERE id = 1", &[]),
        ("UPDATE users SET plan = 'paid'", &[]),
        ("DROP TABLE empty", &[]),
        ("ALTER TABLE empty DROP COLUMN note", &[]),
        ("DROP TABLE IF EXISTS nobody", &[]),
        ("CREATE TABLE made (id int); INSERT INTO made VALUES (1); DROP TABLE made", &[]),
        ("CREATE TABLE made AS SELECT * FROM users; ALTER TABLE made RENAME TO other; DROP TABLE other", &[]),
        ("ALTER TABLE users ADD COLUMN age int; UPDATE users SET age = 1; ALTER TABLE users DROP COLUMN age", &[]),
    ] {
        let (_database, gate) = shop(script);
        assert_eq!(losses(&gate).concat(), wanted, "{script}");
    }
}

#[test]
fn every_run_warns_before_anything_runs_and_names_the_place() {
    let (database, gate) = shop("CREATE TABLE made ();\nTRUNCATE orders CASCADE;");
    let outcome = gate.with(["migrate"]).run().expect(0);
    let log = outcome.log();
    let warned = log.iter().position(|line| line["code"] == "LG0525").expect("a warning");
    let applied = log.iter().position(|line| line["revision"] == "0002").expect("the revision");
    let message = log[warned]["message"].as_str().expect("a message");
    assert!(warned < applied && log[warned]["level"] == "WARN" && log[warned]["line"] == 2, "{outcome}");
    for wanted in [
        "0002_next.sql:2:1: loses existing data: TRUNCATE orders CASCADE",
        "loses every row of order_items (about 2,000 rows)",
        "goes along: table notes, table order_items",
        "ACCESS EXCLUSIVE on order_items",
    ] {
        assert!(message.contains(wanted), "{wanted}\n{message}");
    }
    assert_eq!(database.value("SELECT count(*) FROM order_items"), "0");
    // At head nothing is asked and nothing is said.
    assert_eq!(gate.with(["migrate"]).run().expect(0).said("LG0525"), [""; 0]);
}

#[test]
fn refuse_refuses_all_of_them_at_once_and_runs_nothing() {
    let (database, gate) = shop("CREATE TABLE made ();\nDROP TABLE notes;\n");
    gate.write("0003_more.sql", "TRUNCATE days;\nDROP TABLE empty;");
    let gate = gate.env("LOCKGATE_ON_DESTRUCTIVE", "refuse");
    let failed = gate.with(["migrate"]).run().fails(65, "LG0525");
    assert_eq!(failed.message, "2 statements lose existing data, and do not accept it");
    for wanted in ["0002_next.sql:2:1: ", "table notes, with about 10 rows", "0003_more.sql:1:1: ", "lockgate:accept"] {
        assert!(failed.text().contains(wanted), "{wanted}\n{}", failed.text());
    }
    assert!(!failed.text().contains("DROP TABLE empty"), "{}", failed.text());
    assert_eq!(database.value("SELECT to_regclass('made') IS NULL AND to_regclass('notes') IS NOT NULL"), "t");
    // A plan says the same.
    let plan = gate.with(["plan", "--json"]).run().expect(65).json();
    assert_eq!((&plan["state"], &plan["destructive"]), (&"refused".into(), &2.into()));
    gate.with(["exec", "--", "/bin/true"]).run().fails(65, "LG0525");
}

#[test]
fn a_loss_that_is_accepted_runs_without_a_word_whatever_the_setting() {
    let (database, gate) = shop("-- lockgate:accept destructive\nDROP TABLE notes;");
    let gate = gate.env("LOCKGATE_ON_DESTRUCTIVE", "refuse");
    let plan = gate.with(["plan", "--json", "--check"]).run().expect(3);
    let all = statements(&plan);
    assert_eq!((&plan.json()["destructive"], &all[0]["destructive"]), (&0.into(), &Value::Array(vec![])));
    // The plan contains the loss nevertheless.
    assert_eq!((&all[0]["loses"][0]["object"], &all[0]["loses"][0]["rows"]), (&"notes".into(), &10.into()));
    assert_eq!(gate.with(["migrate"]).run().expect(0).said("LG0525"), [""; 0]);
    assert_eq!(database.value("SELECT to_regclass('notes') IS NULL"), "t");
}

#[test]
fn allow_says_nothing_and_counts_nothing() {
    let (_database, gate) = shop("DROP TABLE notes;");
    let gate = gate.env("LOCKGATE_ON_DESTRUCTIVE", "allow");
    let plan = gate.with(["plan", "--check"]).run().expect(3);
    assert!(plan.stdout.contains("destructive: loses table notes"), "{plan}");
    assert_eq!(gate.with(["migrate"]).run().expect(0).said("LG0525"), [""; 0]);
}

#[test]
fn plan_check_tells_a_loss_from_what_is_harmless() {
    let (_database, gate) = shop("ALTER TABLE users ADD COLUMN age int;");
    gate.with(["plan", "--check"]).run().expect(3);
    gate.write("0003_drop.sql", "DROP TABLE notes;");
    let plan = gate.with(["plan", "--check", "--json"]).run().expect(4);
    assert_eq!(plan.json()["destructive"], 1);
    gate.with(["plan"]).run().expect(0);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["plan", "--check"]).run().expect(0);
}

#[test]
fn the_way_back_is_looked_at_too() {
    let (database, gate) = shop("CREATE TABLE filled (id int);");
    gate.write("0002_next.down.sql", "DROP TABLE filled;");
    gate.with(["migrate"]).run().expect(0);
    database.sql("INSERT INTO filled VALUES (1); ANALYZE filled");
    let refused = gate.clone().env("LOCKGATE_ON_DESTRUCTIVE", "refuse").with(["down", "0001"]).run();
    let refused = refused.expect(65).stderr;
    assert!(refused.contains("LG0525") && refused.contains("table filled, with about 1 row"), "{refused}");
    let said = gate.with(["down", "0001"]).run().expect(0).said("LG0525");
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn a_table_that_cannot_be_asked_is_taken_to_hold_rows() {
    // Its file is not empty, and row security would hide the rows from who asks.
    let (database, gate) = shop("TRUNCATE empty;");
    assert_eq!(losses(&gate).concat(), [""; 0]);
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "GRANT ALL ON empty TO {role}; GRANT SELECT ON lockgate_history TO {role}; ALTER TABLE empty ENABLE ROW LEVEL SECURITY; \
         INSERT INTO empty VALUES (1)"
    ));
    let reader = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    assert_eq!(losses(&reader).concat(), ["every row of empty (an unknown number of rows)"]);
    // A table that is locked against reading likewise.
    let holder = database.session();
    holder.sql("BEGIN; LOCK TABLE empty");
    let found = losses(&gate).concat();
    assert!(matches!(found.as_slice(), [one] if one.starts_with("nobody can tell what")), "{found:?}");
    holder.sql("ROLLBACK");
}
