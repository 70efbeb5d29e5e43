//! The gate holds the schema against the snapshot before it opens.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::support::{Gate, Proxy, TestDatabase, eventually};

const CHAIN: &[(&str, &str)] = &[
    ("0001_users.sql", "CREATE TABLE users (id int PRIMARY KEY, mail text);\nCREATE INDEX users_mail ON users (mail)"),
    ("0002_more.sql", "CREATE TABLE more (id int DEFAULT 7)"),
];

/// A snapshot beside the chain, and an empty database.
fn with_snapshot() -> (TestDatabase, Gate) {
    let made = TestDatabase::new();
    let gate = Gate::new(&made).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    let database = TestDatabase::new();
    let gate = gate.env("LOCKGATE_DATABASE_URL", database.url());
    (database, gate)
}

fn mark(database: &TestDatabase) -> String {
    database.value("SELECT coalesce(max(verified), 'none') FROM lockgate_history WHERE revision = '0002'")
}

fn digest(gate: &Gate) -> String {
    Sha256::digest(gate.read("schema.lockgate.json")).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_head_that_is_equal_is_verified_once() {
    let (database, gate) = with_snapshot();
    let first = gate.with(["migrate"]).run().expect(0);
    assert!(first.stderr.contains("the schema is verified") && first.stderr.contains("2 revisions applied"), "{first}");
    assert!(mark(&database).starts_with(&digest(&gate)), "{}", mark(&database));
    // `verify` reports later drift, and a start at head takes no longer than before.
    database.sql("DROP INDEX users_mail");
    let proxy = Proxy::to(database.cluster());
    proxy.delay(Duration::from_millis(10));
    gate.clone().env("LOCKGATE_DATABASE_URL", database.url_via(&proxy)).with(["migrate"]).run().expect(0);
    eventually("all is closed", || proxy.connections().iter().all(|connection| connection.closed));
    let connections = proxy.connections();
    assert_eq!((connections.len(), connections[0].to_server.as_str(), connections[0].round_trips), (1, "^QX", 2));
    // Another snapshot of the same chain is another question.
    let other = gate.read("schema.lockgate.json").replace("\"default\":\"7\"", "\"default\":\"8\"");
    gate.write("schema.lockgate.json", other);
    let refused = gate.with(["migrate"]).run().expect(65);
    assert!(refused.stderr.contains("different column more.id: default: snapshot 8, database 7"), "{refused}");
}

#[test]
fn what_has_not_changed_since_a_gate_verified_it_is_not_read_again() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate"]).run().expect(0);
    database.sql("INSERT INTO users VALUES (1); ANALYZE; CREATE TEMPORARY TABLE passing (id int)");
    let same = gate.with(["verify"]).run().expect(0);
    assert!(same.stdout.contains("unchanged since 20") && !same.stdout.contains(" objects, "), "{same}");
    assert_eq!(gate.with(["verify", "--json"]).run().expect(0).json()["state"], "equal");
    let full = gate.with(["verify", "--full"]).run().expect(0);
    assert!(full.stdout.contains(" objects, "), "{full}");
    database.sql("ALTER TABLE more ALTER id SET DEFAULT 8");
    let other = gate.with(["verify"]).run().expect(3);
    assert!(other.stdout.contains("different   column more.id"), "{other}");
    // The ignore file is a part of the verdict, and a change that is taken back is a change.
    gate.write(".lockgateignore", "column more.id\n");
    let ignored = gate.with(["verify"]).run().expect(0);
    assert!(ignored.stdout.contains("1 ignored"), "{ignored}");
}

#[test]
fn notes_are_counted_where_nothing_has_changed_and_told_where_all_is_read() {
    let (database, gate) = with_snapshot();
    gate.write("0003_auto.sql", "CREATE TABLE auto (a int UNIQUE)");
    gate.remove("schema.lockgate.json");
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    database.sql("ALTER TABLE auto RENAME CONSTRAINT auto_a_key TO auto_a_key1");
    gate.with(["migrate"]).run().expect(0);
    let same = gate.with(["verify"]).run().expect(0);
    assert!(same.stdout.contains("  equal, 1 note  (") && same.stdout.contains("--full tells the notes"), "{same}");
    let json = gate.with(["verify", "--json"]).run().expect(0).json();
    assert_eq!((json["state"].as_str(), json["notes"].as_u64()), (Some("equal"), Some(1)), "{json}");
    let full = gate.with(["verify", "--full"]).run().expect(0);
    assert!(full.stdout.contains("note        constraint auto.auto_a_key: is "), "{full}");
}

#[test]
fn a_role_that_may_not_read_the_history_reads_the_schema_instead() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate"]).run().expect(0);
    let role = database.cluster().role("LOGIN");
    let plain = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let outcome = plain.with(["verify"]).run().expect(0);
    assert!(outcome.stdout.contains(" objects, "), "{outcome}");
}

#[test]
fn a_schema_that_lost_something_keeps_the_gate_closed_at_every_start() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate"]).env("LOCKGATE_VERIFY", "off").run().expect(0);
    assert_eq!(mark(&database), "none");
    database.sql("DROP INDEX users_mail; ALTER TABLE more ADD by_hand int");
    for _ in 0..2 {
        let outcome = gate.with(["migrate"]).run().expect(65);
        for text in ["LG0526", "1 object of its schema is missing or different", "missing index users_mail on users"] {
            assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
        }
        assert_eq!(mark(&database), "none");
    }
    let warned = gate.with(["migrate"]).env("LOCKGATE_VERIFY", "warn").run().expect(0);
    assert!(warned.stderr.contains("WARN missing index users_mail on users"), "{warned}");
    gate.with(["migrate"]).env("LOCKGATE_VERIFY", "off").run().expect(0);
    database.sql("CREATE INDEX users_mail ON users (mail)");
    let opened = gate.with(["migrate"]).run().expect(0);
    assert!(opened.stderr.contains("WARN not of this chain: unexpected column more.by_hand"), "{opened}");
    assert!(mark(&database).starts_with(&digest(&gate)), "{}", mark(&database));
}

#[test]
fn a_snapshot_of_another_chain_is_refused_before_anything_runs() {
    let (database, gate) = with_snapshot();
    gate.write("0003_third.sql", "CREATE TABLE third (id int)");
    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(
        outcome.stderr.contains("LG0210") && outcome.stderr.contains("its head is 0002, the chain's 0003"),
        "{outcome}"
    );
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname = 'users'"), "0");
    let warned = gate.with(["migrate"]).env("LOCKGATE_VERIFY", "warn").run().expect(0);
    assert!(warned.stderr.contains("the schema is not verified"), "{warned}");
    gate.remove("schema.lockgate.json");
    gate.with(["migrate"]).run().expect(0);
    let none = gate.with(["migrate"]).env("LOCKGATE_VERIFY", "enforce").run().expect(64);
    assert!(none.stderr.contains("LG0207"), "{none}");
}

#[test]
fn a_part_of_the_chain_is_not_held_against_the_whole() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate", "0001"]).run().expect(0);
    gate.with(["migrate"]).run().expect(0);
    assert!(mark(&database).starts_with(&digest(&gate)), "{}", mark(&database));
}

#[test]
fn a_role_that_may_only_read_opens_a_head_that_is_equal_and_marks_nothing() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate"]).env("LOCKGATE_VERIFY", "off").run().expect(0);
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT SELECT ON lockgate_history TO {role}"));
    let reader = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let outcome = reader.with(["migrate"]).run().expect(0);
    assert!(outcome.stderr.contains("the schema is verified, and the history does not say so"), "{outcome}");
    assert_eq!(mark(&database), "none");
}

#[test]
fn an_optional_statement_that_was_left_out_keeps_no_gate_closed() {
    let made = TestDatabase::new();
    let chain = &[
        ("0001_users.sql", "CREATE TABLE users (id int)"),
        ("0002_logs.sql", "-- lockgate:optional\nCREATE INDEX logs_at ON logs (at)"),
    ];
    made.sql("CREATE TABLE logs (at date)");
    let gate = Gate::new(&made).env("LOCKGATE_LOG_FORMAT", "text").chain(chain);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    let database = TestDatabase::new();
    let outcome = gate.env("LOCKGATE_DATABASE_URL", database.url()).with(["migrate"]).run().expect(0);
    assert!(outcome.stderr.contains("optional statements are left out: it is opened all the same"), "{outcome}");
}

#[test]
fn status_and_metrics_show_the_drift_that_a_gate_opened_with() {
    let (database, gate) = with_snapshot();
    gate.with(["migrate"]).env("LOCKGATE_VERIFY", "off").run().expect(0);
    database.sql("DROP INDEX users_mail; ALTER TABLE more ALTER id SET DEFAULT 12345");
    let mut running = gate.with(["serve"]).env("LOCKGATE_VERIFY", "warn").listening().spawn();
    running.answers("/ready", 200);
    let status: serde_json::Value = serde_json::from_str(&running.http_get("/status").body).expect("JSON");
    let schema = &status["schema"];
    assert_eq!((schema["missing"].as_u64(), schema["different"].as_u64()), (Some(1), Some(1)), "{status}");
    assert_eq!(schema["objects"][0], "missing index users_mail on users", "{status}");
    // Values may be data.
    assert!(!status.to_string().contains("12345"), "{status}");
    let metrics = running.http_get("/metrics").body;
    for line in
        ["drift_objects{kind=\"column\"} 1", "drift_objects{kind=\"index\"} 1", "drift_objects{kind=\"table\"} 0"]
    {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    running.terminate();
    running.wait_patiently().expect(0);
}

#[test]
fn an_open_gate_looks_for_drift_again_and_again_and_stays_open() {
    let (database, gate) = with_snapshot();
    let mut running = gate.with(["serve"]).env("LOCKGATE_VERIFY_EVERY", "50ms").spawn();
    running.answers("/ready", 200);
    let mut drift = |kind: &str, count: &str| {
        let line = format!("lockgate_drift_objects{{kind=\"{kind}\"}} {count}");
        let drifted = format!("lockgate_drifted {}\n", u8::from(count != "0"));
        eventually("the metrics follow", || {
            let body = running.http_get("/metrics").body;
            body.contains(&line) && body.contains(&drifted)
        });
        running.http_get("/status").json()["schema"].clone()
    };
    assert_eq!(drift("index", "0")["missing"], 0);
    database.sql("DROP INDEX users_mail; ALTER TABLE more ADD by_hand int");
    let seen = drift("index", "1");
    assert_eq!(
        (seen["missing"].as_i64(), seen["objects"][0].as_str()),
        (Some(1), Some("missing index users_mail on users")),
        "{seen}"
    );
    running.answers("/ready", 200);
    running.says("drift: missing index users_mail on users");
    database.sql("CREATE INDEX users_mail ON users (mail); ALTER TABLE more DROP by_hand");
    running.says("the schema is the chain's again");
    running.terminate();
    running.wait(crate::support::eventually::PATIENCE).expect(0);
}
