//! Events that the history does not keep: runs that failed, revisions that were taken back or stamped.

use serde_json::Value;

use crate::support::{Gate, TestDatabase, eventually};

const CHAIN: &[(&str, &str)] = &[
    ("0001_a.sql", "CREATE TABLE a (id int)"),
    ("0001_a.down.sql", "DROP TABLE a"),
    ("0002_b.sql", "CREATE TABLE b (id int)"),
    ("0002_b.down.sql", "DROP TABLE b"),
];

/// A database at 0001, before a chain whose 0002 fails.
fn broken() -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN).env("LOCKGATE_LOG_FORMAT", "text");
    gate.with(["migrate", "0001"]).run().expect(0);
    gate.write("0002_b.sql", "SELECT 1 / 0");
    (database, gate.args(["migrate"]))
}

#[track_caller]
fn events(gate: &Gate) -> Vec<Value> {
    let listing = gate.with(["history", "--events", "--json"]).run().expect(0).json();
    listing["events"].as_array().expect("a list").clone()
}

/// The kinds and revisions of the events, newest first.
#[track_caller]
fn whats(gate: &Gate) -> Vec<String> {
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or("-").to_owned();
    events(gate).iter().map(|event| format!("{} {}", text(event, "what"), text(event, "revision"))).collect()
}

fn has_no_table(database: &TestDatabase) -> bool {
    database.value("SELECT count(*) FROM pg_class WHERE relname = 'lockgate_history_events'") == "0"
}

#[test]
fn a_failure_that_comes_again_is_one_row_that_counts() {
    let (_database, gate) = broken();
    gate.clone().env("POD_NAME", "first").run().expect(65);
    gate.clone().env("POD_NAME", "second").run().expect(65);

    let events = events(&gate);
    assert_eq!(events.len(), 1, "{events:?}");
    let told = ["what", "code", "sqlstate", "revision", "application"].map(|field| events[0][field].clone());
    assert_eq!(told, ["failed", "LG0601", "22012", "0002", "lockgate/second"].map(Value::from));
    assert_eq!(events[0]["count"], 2);
    assert!(events[0]["message"].as_str().is_some_and(|told| told.starts_with("0002_b.sql:1:1: ")), "{events:?}");
}

#[test]
fn status_shows_the_last_failure_until_something_is_applied() {
    let (_database, gate) = broken();
    gate.run().expect(65);
    let status = gate.with(["status"]).run().expect(0).stdout;
    let line = status.lines().find(|line| line.starts_with("failed ")).unwrap_or_else(|| panic!("{status}"));
    assert!(line.contains("  LG0601 0002  by ") && line.contains("(lockgate/"), "{line}");
    assert!(status.contains("\n          0002_b.sql:1:1: "), "{status}");
    let json = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((&json["last_failure"]["code"], &json["last_failure_is_over"]), (&"LG0601".into(), &false.into()));

    gate.write("0002_b.sql", "SELECT 1");
    gate.run().expect(0);

    let status = gate.with(["status"]).run().expect(0).stdout;
    assert!(!status.lines().any(|line| line.starts_with("failed ")), "{status}");
    let json = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((&json["last_failure"]["code"], &json["last_failure_is_over"]), (&"LG0601".into(), &true.into()));
}

#[test]
fn what_was_taken_back_or_stamped_is_told() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN);
    gate.with(["migrate"]).run().expect(0);
    assert!(whats(&gate).is_empty() && has_no_table(&database), "nothing was written while nothing happened");

    gate.with(["down", "base", "--yes"]).run().expect(0);
    gate.with(["stamp", "0001", "--unchecked", "--yes"]).run().expect(0);
    assert_eq!(whats(&gate), ["stamped -", "down 0001", "down 0002"]);
    let said = gate.with(["history", "--events"]).run().expect(0).stdout;
    for line in ["down    ", "taken back by 0002_b.down.sql", "recorded without running: 0001"] {
        assert!(said.contains(line), "{line}: {said}");
    }

    gate.write("0001_a.down.sql", "SELECT 1 / 0");
    gate.with(["down", "base", "--yes"]).run().expect(65);
    assert_eq!(whats(&gate)[0], "failed 0001");
}

#[test]
fn the_first_revision_may_fail_too() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1 / 0")]);
    gate.with(["migrate"]).run().expect(65);
    assert_eq!(whats(&gate), ["failed 0001"]);
    gate.write("0001_a.sql", "CREATE TABLE a ()");
    gate.with(["migrate"]).run().expect(0);
}

#[test]
fn a_database_that_is_only_looked_at_stays_as_it_was() {
    let (database, gate) = broken();
    let other = Gate::new(&database).chain(&[("0009_other.sql", "CREATE TABLE other ()")]);
    other.with(["migrate"]).run().fails(65, "LG0505");
    gate.with(["plan"]).run().expect(0);
    gate.with(["wait", "--wait-timeout=100ms"]).run().expect(75);
    assert!(has_no_table(&database), "a stranger's history, a plan, a wait");

    let made_by_hand = TestDatabase::new();
    made_by_hand.sql("CREATE TABLE a (id bigint)");
    let first = Gate::new(&made_by_hand).chain(CHAIN).args(["migrate"]);
    first.run().fails(65, "LG0513");
    assert!(has_no_table(&made_by_hand), "a first contact that is refused");
}

#[test]
fn no_more_is_written_than_anybody_may_read() {
    let (database, gate) = broken();
    database
        .sql("ALTER TABLE a ADD mail text; INSERT INTO a VALUES (1, 'alice@example.org'), (2, 'alice@example.org')");
    gate.write("0002_b.sql", "ALTER TABLE a ADD UNIQUE (mail)");
    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("alice@"), "the log may show it; {outcome}");
    gate.write("0002_b.sql", format!("SELECT {}1 / 0", "/* long */ 'x' || ".repeat(10)) + &"x".repeat(5000));
    gate.run().expect(65);

    let rows =
        database.query_text("SELECT e::text, octet_length(concat(message, details)) FROM lockgate_history_events e");
    assert_eq!(rows.len(), 2, "{rows:?}");
    for row in rows {
        assert!(!row[0].contains("alice@"), "{row:?}");
        assert!(row[1].parse::<usize>().is_ok_and(|length| length <= 1100), "{row:?}");
    }
}

#[test]
fn the_newest_hundred_are_kept() {
    let (database, gate) = broken();
    gate.run().expect(65);
    database.sql(
        "INSERT INTO lockgate_history_events (id, what, at, last_at, count, message, application, version) SELECT n, 'down', \
         now() - interval '1 day', now() - interval '1 day', 1, '', '', '' FROM generate_series(2, 150) n",
    );
    gate.run().expect(65);
    let rows = "SELECT count(*) || ' ' || max(count) FROM lockgate_history_events";
    assert_eq!(database.value(rows), "100 2");
}

#[test]
fn a_crowd_that_fails_at_once_is_one_row() {
    let (database, gate) = broken();
    let crowd: Vec<_> = (0..6).map(|at| gate.clone().env("POD_NAME", format!("pod-{at}")).spawn()).collect();
    crowd.into_iter().for_each(|one| _ = one.wait_patiently().expect(65));
    let rows = database.query_text("SELECT count FROM lockgate_history_events");
    // A run that had to wait too long gave up telling.
    assert!(rows.len() == 1 && rows[0][0].parse::<u32>().is_ok_and(|count| (2..=6).contains(&count)), "{rows:?}");
}

#[test]
fn a_table_of_a_stranger_is_named_and_neither_written_nor_believed() {
    let (database, gate) = broken();
    let mallory = database.cluster().role("LOGIN");
    database.sql(&format!(
        "GRANT CREATE ON SCHEMA public TO {mallory}; SET ROLE {mallory}; CREATE TABLE public.lockgate_history_events AS \
         SELECT 1::bigint AS id, 'failed' AS what, now() AS at, now() AS last_at, 1::bigint AS count, 'LG0901' AS code, \
         '0001' AS revision, 'XX000' AS sqlstate, 'forged' AS message, '' AS details, 'me' AS written_by, 'me' AS application, \
         '0' AS version; GRANT ALL ON public.lockgate_history_events TO PUBLIC"
    ));
    let outcome = gate.run().expect(65);
    for text in ["LG0601", "public.lockgate_history_events is not taken for the events of the history"] {
        assert!(outcome.stderr.contains(text), "{text}: {outcome}");
    }
    let status = gate.with(["status"]).run().expect(0).stdout;
    assert!(status.contains("failed    unknown: ") && !status.contains("forged"), "{status}");
    let refused = gate.with(["history", "--events"]).run().expect(65);
    assert!(refused.stderr.contains("LG0515") && refused.stderr.contains(&mallory), "{refused}");
    assert_eq!(database.value("SELECT string_agg(message, ' ') FROM lockgate_history_events"), "forged");
}

#[test]
fn what_keeps_an_event_from_being_written_changes_no_exit_code() {
    let (database, gate) = broken();
    gate.run().expect(65);
    // A right that is missing is told with its GRANT.
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("GRANT ALL ON lockgate_history TO {role}; GRANT CREATE ON SCHEMA public TO {role}"));
    let lesser = gate.clone().env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let lesser = lesser.env("LOCKGATE_TRUSTED_OWNERS", database.value("SELECT current_user::text"));
    let outcome = lesser.run().expect(65);
    assert!(outcome.stderr.contains("LG0601"), "{outcome}");
    let grant = format!("GRANT SELECT, INSERT, UPDATE, DELETE ON \"public\".\"lockgate_history_events\" TO \"{role}\"");
    assert!(outcome.stderr.contains(&grant), "{outcome}");
    let status = lesser.with(["status"]).run().expect(0).stdout;
    assert!(status.contains("failed    unknown: "), "{status}");

    // A trigger that a hand put there, and columns that are not ours.
    for sql in [
        "CREATE FUNCTION armed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''sprung''; END';
         CREATE TRIGGER t BEFORE UPDATE ON lockgate_history_events FOR EACH ROW EXECUTE FUNCTION armed()",
        "DROP TABLE lockgate_history_events; CREATE TABLE lockgate_history_events (id int)",
    ] {
        database.sql(sql);
        let outcome = gate.run().expect(65);
        assert!(outcome.stderr.contains("LG0601") && !outcome.stderr.contains("sprung"), "{outcome}");
    }
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history_events"), "0");
}

#[test]
fn an_open_gate_shows_the_failure_of_another() {
    let (_database, gate) = broken();
    let open = gate.clone().chain(&[]).env("LOCKGATE_LOOK_EVERY", "100ms");
    gate.write("0002_b.sql", "CREATE TABLE b (id int)");
    let mut running = open.with(["serve"]).spawn();
    running.answers("/ready", 200);
    assert!(running.http_get("/status").json()["last_failure"].is_null());

    gate.write("0003_bad.sql", "SELECT 1 / 0");
    gate.run().expect(65);

    eventually("it shows", || running.http_get("/status").json()["last_failure"]["code"] == "LG0601");
    let shown = running.http_get("/status").json();
    assert_eq!((&shown["last_failure"]["revision"], &shown["failure"]), (&"0003".into(), &().into()), "{shown}");
}
