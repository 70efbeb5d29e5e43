//! Why the gate refuses a statement because of rows: as fields, to which role, at what cost. The texts are tested in
//! `tests/fixtures/script`.

use std::time::Duration;

use crate::support::proxy::Traffic;
use crate::support::{Gate, Proxy, TestDatabase, eventually};

/// Two rows that a NOT NULL refuses, in a script whose other statements rows cannot make fail.
const REFUSED: &str = "CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'the value'), (2, NULL), (3, NULL);
ALTER TABLE t ADD CONSTRAINT c CHECK (id > 0);
  ALTER TABLE t ADD CONSTRAINT d CHECK (v <> 'the value')";

fn gate(database: &TestDatabase, script: &str) -> Gate {
    Gate::new(database).chain(&[("0001_change.sql", script)]).args(["migrate"])
}

#[test]
fn a_machine_gets_the_place_and_the_rows_as_fields() {
    let database = TestDatabase::new();
    let failed = gate(&database, REFUSED).run().fails(65, "LG0601");
    let log = failed.outcome.log();
    let told = log.last().expect("the failure");
    let fields = serde_json::json!({
        "file": "0001_change.sql", "line": 4, "column": 3, "sqlstate": "23514", "rows": 1,
        "found": "1 row of t violates CHECK (v <> 'the value'): id 1 (v 'the value')",
        "help": "SELECT * FROM t WHERE NOT (v <> 'the value');\nUPDATE t SET v = … WHERE NOT (v <> 'the value');",
    });
    for (field, value) in fields.as_object().expect("fields") {
        assert_eq!(&told[field], value, "{field}; {}", failed.outcome);
    }
}

#[test]
fn what_stands_in_the_rows_is_not_in_the_termination_message() {
    let database = TestDatabase::new();
    let script = REFUSED.replace("CHECK (v <> 'the value')", "CHECK (length(v) < 3)");
    let outcome = gate(&database, &script).run().expect(65);
    assert!(outcome.stderr.contains("the value"), "{outcome}");
    let told = outcome.termination_log.replace(&script, "");
    assert!(told.contains("SQLSTATE 23514") && !told.contains("the value"), "{outcome}");
}

#[test]
fn a_role_that_may_not_read_the_rows_gets_the_plain_error() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "CREATE TABLE t AS SELECT NULL::int AS a; ALTER TABLE t OWNER TO {role}; GRANT CREATE ON SCHEMA public TO {role};
         REVOKE ALL ON t FROM {role}"
    ));
    let gate = gate(&database, "ALTER TABLE t ALTER a SET NOT NULL");
    let outcome = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).run().expect(65);
    assert!(outcome.stderr.contains("LG0601") && outcome.stderr.contains("contains null values"), "{outcome}");
    assert!(!outcome.stderr.contains("hold"), "{outcome}");
}

#[test]
fn a_question_that_takes_long_is_given_up_and_the_plain_error_is_told() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)");
    database.sql("CREATE FUNCTION slow() RETURNS boolean LANGUAGE sql AS 'SELECT pg_sleep(600) IS NOT NULL'");
    // The statement fails at the first row; the question goes on to the second.
    let outcome = gate(&database, "ALTER TABLE t ADD CHECK (id > 1 AND slow())").run().expect(65);
    assert!(outcome.stderr.contains("is violated by some row") && !outcome.stderr.contains("violates"), "{outcome}");
}

#[test]
fn what_rows_can_make_fail_costs_no_more_round_trips_and_keeps_what_it_made() {
    let run = |script: &str| {
        let database = TestDatabase::new();
        let proxy = Proxy::to(database.cluster());
        let gate = gate(&database, script).env("LOCKGATE_DATABASE_URL", database.url_via(&proxy));
        proxy.delay(Duration::from_millis(10));
        gate.run().expect(0);
        eventually("all is closed", || proxy.connections().iter().all(|connection| connection.closed));
        let trips = proxy.connections().first().map_or(0, |connection: &Traffic| connection.round_trips);
        (trips, database.value("SELECT count(*) FROM pg_constraint WHERE conrelid = 't'::regclass"))
    };
    let table = "CREATE TABLE t (a int, b int); ";
    let (plain, _) = run(&format!("{table}COMMENT ON TABLE t IS 'x'; COMMENT ON TABLE t IS 'y'; SELECT 1"));
    let (checked, constraints) =
        run(&format!("{table}ALTER TABLE t ADD CHECK (a > 0); ALTER TABLE t ADD UNIQUE (a); INSERT INTO t VALUES (1)"));
    assert_eq!((checked, constraints.as_str()), (plain, "2"));
}
