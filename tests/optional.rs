//! `lockgate:optional`: the statements that are left out, the reasons, and the places that show this until they apply.

use crate::support::{Gate, TestDatabase};

const FILE: &str = "\
CREATE TABLE flags (id int, on_off text);
INSERT INTO flags VALUES (1, 'on'), (2, 'odd'), (3, 'odd');
-- lockgate:optional
CREATE INDEX idx_logs ON module_usage_logs (at);
-- lockgate:optional
ALTER TABLE flags ADD CONSTRAINT on_or_off CHECK (on_off IN ('on', 'off'));
CREATE INDEX idx_flags ON flags (id);";

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).chain(&[("0001_flags.sql", FILE)]).env("LOCKGATE_LOG_FORMAT", "text")
}

#[test]
fn what_is_missing_or_refused_by_rows_is_left_out_with_a_warning_and_the_rest_applies() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let said = gate.with(["migrate"]).run().expect(0).stderr;
    for wanted in [
        "public.module_usage_logs not found, skipped idx_logs",
        "2 rows refuse it (23514), skipped on_or_off",
        "skipped: idx_logs (public.module_usage_logs not found), on_or_off (2 rows refuse it (23514))",
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    assert_eq!(database.value("SELECT to_regclass('idx_flags') IS NOT NULL"), "t");
    let counts = database.value("SELECT verdicts -> 'counts' ->> 'skipped' FROM lockgate_history");
    assert_eq!(counts, "2");
}

#[test]
fn what_was_left_out_is_seen_in_status_history_metrics_and_summary() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    let status = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((&status["skipped"][0]["what"], &status["skipped"][0]["line"]), (&"idx_logs".into(), &4.into()));
    assert!(gate.with(["status"]).run().expect(0).stdout.contains("skipped   on_or_off: 2 rows refuse it"));
    assert!(gate.with(["history"]).run().expect(0).stdout.contains("line 4: skipped idx_logs"));
    let textfile = gate.file("metrics.prom");
    let again = gate.clone().env("LOCKGATE_METRICS_TEXTFILE", &textfile).with(["migrate"]).run().expect(0).stderr;
    assert!(again.contains("skipped: idx_logs"), "{again}");
    let metrics = std::fs::read_to_string(textfile).expect("the metrics");
    assert!(metrics.contains("lockgate_statements_skipped 2"), "{metrics}");
}

#[test]
fn an_optional_concurrent_index_that_rows_refuse_leaves_nothing_behind() {
    let database = TestDatabase::new();
    let file = "CREATE TABLE t (a int);\nINSERT INTO t VALUES (1), (1);\n-- lockgate:optional\nCREATE UNIQUE INDEX CONCURRENTLY one ON t (a);\nCREATE TABLE u ();";
    let gate = Gate::new(&database).chain(&[("0001_t.sql", file)]);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('one') IS NULL AND to_regclass('u') IS NOT NULL"), "t");
    assert_eq!(
        database.value("SELECT state || ' ' || (verdicts -> 'counts' ->> 'skipped') FROM lockgate_history"),
        "done 1"
    );
}

#[test]
fn what_was_left_out_applies_once_it_holds() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    let said = gate.with(["plan"]).run().expect(0).stdout;
    assert!(said.contains("idx_logs") && said.contains("would be skipped again"), "{said}");

    database.sql("CREATE TABLE module_usage_logs (at timestamptz)");
    let said = gate.with(["plan"]).run().expect(0).stdout;
    assert!(said.contains("would apply now: lockgate migrate --skipped"), "{said}");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('idx_logs') IS NULL"), "t");
    gate.with(["migrate", "--skipped"]).run().expect(0);
    assert_eq!(database.value("SELECT to_regclass('idx_logs') IS NOT NULL"), "t");
    assert_eq!(database.value("SELECT verdicts -> 'counts' ->> 'skipped' FROM lockgate_history"), "1");

    // With pending work the other one is tried as well.
    database.sql("DELETE FROM flags WHERE on_off = 'odd'");
    gate.write("0002_more.sql", "CREATE TABLE more ()");
    let said = gate.with(["migrate"]).run().expect(0).stderr;
    assert!(!said.contains("skipped: "), "{said}");
    assert_eq!(database.value("SELECT count(*) FROM pg_constraint WHERE conname = 'on_or_off'"), "1");
    assert_eq!(gate.with(["status", "--json"]).run().expect(0).json()["skipped"], serde_json::json!([]));
}
