//! `lockgate down TARGET`: revisions are taken back, the newest first, by their own scripts, or nothing is run.

use std::process::Command;

use crate::support::{Gate, Outcome, TestDatabase};

const CHAIN: &[(&str, &str)] = &[
    ("0001_a.sql", "CREATE TABLE a ()"),
    ("0001_a.down.sql", "DROP TABLE a"),
    ("0002_b.sql", "CREATE TABLE b (id int); INSERT INTO b SELECT generate_series(1, 3)"),
    ("0002_b.down.sql", "DROP TABLE b"),
    ("0003_c.sql", "CREATE TABLE c ()"),
    ("0003_c.down.sql", "DROP TABLE c"),
    ("0004_d.sql", "CREATE TABLE d ()"),
    ("0004_d.down.sql", "DROP TABLE d"),
];

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN)
}

fn at_head(database: &TestDatabase) -> Gate {
    let gate = gate(database);
    gate.with(["migrate"]).run().expect(0);
    gate
}

/// The tables that are there, and the revisions that are recorded: each revision of the chain makes one table.
fn stands(database: &TestDatabase) -> (String, String) {
    let tables = "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'lockgate_history%'";
    let rows = "SELECT coalesce(string_agg(revision || ' ' || state, ', ' ORDER BY depth), '') FROM lockgate_history";
    (database.value(tables), database.value(rows))
}

fn expect_stands(database: &TestDatabase, tables: &str, rows: &str, because: &Outcome) {
    assert_eq!(stands(database), (tables.to_owned(), rows.to_owned()), "{because}");
}

const HEAD: (&str, &str) = ("a b c d", "0001 done, 0002 done, 0003 done, 0004 done");

#[test]
fn a_target_is_an_id_a_prefix_of_one_a_number_back_or_base() {
    for (command, target, tables, rows) in [
        ("down", "0003", "a b c", "0001 done, 0002 done, 0003 done"),
        ("down", "-1", "a b c", "0001 done, 0002 done, 0003 done"),
        ("down", "-3", "a", "0001 done"),
        ("down", "-4", "", ""),
        ("down", "base", "", ""),
        ("down", "head", HEAD.0, HEAD.1),
        ("down", "0004", HEAD.0, HEAD.1),
        ("down", "-0", HEAD.0, HEAD.1),
        ("downgrade", "0002", "a b", "0001 done, 0002 done"),
    ] {
        let database = TestDatabase::new();
        let outcome = at_head(&database).with([command, target]).run().expect(0);
        expect_stands(&database, tables, rows, &outcome);
    }
}

#[test]
fn a_target_that_is_no_place_of_the_chain_is_wrong_usage_and_nothing_runs() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    for target in ["-5", "0005", "000", "+1", "-x", "nowhere"] {
        let outcome = gate.with(["down", target]).run().expect(64);
        assert!(outcome.stderr.contains("LG0100") && outcome.stderr.contains(target), "{outcome}");
        expect_stands(&database, HEAD.0, HEAD.1, &outcome);
    }
    gate.with(["down"]).run().expect(64);
}

#[test]
fn what_was_taken_back_is_said() {
    let database = TestDatabase::new();
    let outcome = at_head(&database).with(["down", "0001"]).run().expect(0);
    assert!(outcome.stderr.contains("down: at 0001, 3 revisions taken back"), "{outcome}");
    assert!(outcome.stderr.contains("taken back: 0004 0003 0002"), "{outcome}");
}

#[test]
fn a_fresh_database_has_nothing_to_take_back_and_stays_untouched() {
    let database = TestDatabase::new();
    let outcome = gate(&database).with(["down", "base"]).run().expect(0);
    assert!(outcome.stderr.contains("nothing to take back"), "{outcome}");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
}

#[test]
fn what_lies_below_the_target_already_is_not_applied() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate", "0002"]).run().expect(0);
    let outcome = gate.with(["down", "0003"]).run().expect(0);
    expect_stands(&database, "a b", "0001 done, 0002 done", &outcome);
}

#[test]
fn a_revision_without_a_way_back_is_named_before_anything_runs() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    gate.remove("0003_c.down.sql");
    gate.remove("0002_b.down.sql");
    let outcome = gate.with(["down", "0001"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0510"), "{outcome}");
    assert!(outcome.stderr.contains("0002_b.sql") && outcome.stderr.contains("0003_c.sql"), "{outcome}");
    expect_stands(&database, HEAD.0, HEAD.1, &outcome);

    let outcome = gate.with(["down", "0003"]).run().expect(0);
    expect_stands(&database, "a b c", "0001 done, 0002 done, 0003 done", &outcome);
}

#[test]
fn a_way_back_that_cannot_be_read_as_sql_is_named_before_anything_runs() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    for content in ["DROP TABEL b", "BEGIN; DROP TABLE b; ROLLBACK", "-- nothing"] {
        gate.write("0002_b.down.sql", content);
        let outcome = gate.with(["down", "base"]).run().expect(65);
        assert!(outcome.stderr.contains("LG0203") && outcome.stderr.contains("0002_b.down.sql"), "{outcome}");
        expect_stands(&database, HEAD.0, HEAD.1, &outcome);
    }
}

#[test]
fn a_way_back_that_is_not_utf_8_is_refused_and_nothing_runs() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    gate.write("0004_d.down.sql", b"DROP TABLE d -- \xff");
    let outcome = gate.with(["down", "-1"]).run().expect(65);
    assert!(outcome.stderr.contains("0004_d.down.sql: byte 17 is not UTF-8"), "{outcome}");
    expect_stands(&database, HEAD.0, HEAD.1, &outcome);
}

#[test]
fn a_way_back_that_fails_keeps_its_revision_and_those_before_it_and_can_be_run_again() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    gate.write("0002_b.down.sql", "DROP TABLE b;\n-- lockgate:run-as-is\nDROP TABLE nowhere");
    let outcome = gate.with(["down", "base"]).run().expect(65);
    assert!(outcome.stderr.contains("0002_b.down.sql:3:1: table \"nowhere\" does not exist"), "{outcome}");
    expect_stands(&database, "a b", "0001 done, 0002 done", &outcome);

    gate.write("0002_b.down.sql", "DROP TABLE b");
    let outcome = gate.with(["down", "base"]).run().expect(0);
    expect_stands(&database, "", "", &outcome);
}

#[test]
fn a_database_that_is_ahead_is_not_taken_back_by_a_chain_that_does_not_know_how() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    gate.remove("0004_d.sql");
    gate.remove("0004_d.down.sql");
    let outcome = gate.with(["down", "0001"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0504"), "{outcome}");
    expect_stands(&database, HEAD.0, HEAD.1, &outcome);
}

#[test]
fn a_revision_that_is_half_taken_back_is_finished_by_down_and_by_nothing_else() {
    let database = TestDatabase::new();
    let gate = at_head(&database);
    gate.write("0002_b.down.sql", "DELETE FROM b WHERE id = 1;\nVACUUM b;\n-- lockgate:run-as-is\nDROP TABLE nowhere");
    let outcome = gate.with(["down", "0001"]).run().expect(65);
    expect_stands(&database, "a b", "0001 done, 0002 started", &outcome);

    let outcome = gate.with(["migrate"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0511") && outcome.stderr.contains("half taken back"), "{outcome}");
    expect_stands(&database, "a b", "0001 done, 0002 started", &outcome);

    gate.write("0002_b.down.sql", "DELETE FROM b WHERE id = 1;\nVACUUM b;\nDROP TABLE b");
    let outcome = gate.with(["down", "0001"]).run().expect(0);
    expect_stands(&database, "a", "0001 done", &outcome);
    let outcome = gate.with(["migrate"]).run().expect(0);
    expect_stands(&database, HEAD.0, HEAD.1, &outcome);
    assert_eq!(database.value("SELECT count(*) FROM b"), "3");
}

#[test]
fn a_revision_that_is_half_applied_is_finished_by_migrate_and_by_nothing_else() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.write("0002_b.sql", "CREATE TABLE b ();\nVACUUM b;\nSELECT 1 / 0");
    let outcome = gate.with(["migrate"]).run().expect(65);
    expect_stands(&database, "a b", "0001 done, 0002 started", &outcome);

    let outcome = gate.with(["down", "base"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0511") && outcome.stderr.contains("half applied"), "{outcome}");
    expect_stands(&database, "a b", "0001 done, 0002 started", &outcome);

    gate.write("0002_b.sql", "CREATE TABLE b ();\nVACUUM b;\nSELECT 1");
    let outcome = gate.with(["migrate"]).run().expect(0);
    expect_stands(&database, HEAD.0, HEAD.1, &outcome);
}

#[test]
fn the_example_goes_to_base_and_comes_back_as_it_was() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).migrations("examples/platform/migrations");
    let Some(empty) = dump(&database) else { return };
    gate.with(["migrate"]).run().expect(0);
    let before = dump(&database).expect("a schema");

    gate.with(["down", "base"]).run().expect(0);
    assert_eq!(without_history(&dump(&database).expect("a schema")), without_history(&empty));
    gate.with(["migrate"]).run().expect(0);

    assert_eq!(dump(&database).expect("a schema"), before);
}

#[test]
fn the_example_goes_one_back_and_forth_at_every_revision() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).migrations("examples/platform/migrations");
    for _ in 0..11 {
        gate.with(["migrate", "+1"]).run().expect(0);
        let Some(before) = dump(&database) else { return };
        gate.with(["down", "-1"]).run().expect(0);
        gate.with(["migrate", "+1"]).run().expect(0);
        assert_eq!(dump(&database).expect("a schema"), before);
    }
    gate.with(["status", "--check"]).run().expect(0);
}

/// The schema as the server's own `pg_dump` prints it, without the event table that `down` leaves; prints a notice if there is no
/// `pg_dump`.
fn dump(database: &TestDatabase) -> Option<String> {
    let program = std::env::var_os("PG_BIN").map_or("pg_dump".into(), |bin| std::path::Path::new(&bin).join("pg_dump"));
    let tried = Command::new(program)
        .args(["--schema-only", "--no-owner", "--exclude-table=*_events", "--dbname", &database.url()])
        .output();
    let Some(output) = tried.ok().filter(|output| output.status.success()) else {
        eprintln!("skipped: there is no pg_dump of the server's version");
        return None;
    };
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    // Each dump has a key of its own in these two lines.
    Some(text.lines().filter(|line| !line.contains("restrict ")).map(|line| format!("{line}\n")).collect())
}

/// The statements of a dump that are not the history's, which stays, empty, where it was made.
fn without_history(dump: &str) -> Vec<&str> {
    let blocks = dump.split("\n-- Name:").filter(|block| !block.contains("lockgate_history"));
    let lines = blocks.flat_map(str::lines);
    lines.filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with("SET ")).collect()
}
