//! Many INSERTs of a revision that ran outside: the server is asked for many at once, and each is judged as if it stood alone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::{Gate, TestDatabase, eventually};

/// The values of `a int, b text, c json` as literals; numbers also as unknown literals.
type Row = [&'static str; 3];

const A: [&str; 4] = ["1", "'2'", "3", "NULL"];
const B: [&str; 3] = ["'x'", "E'it\\'s'", "NULL"];
const C: [&str; 3] = ["'{\"k\": 1}'", "'[]'", "NULL"];

fn any_row(random: &mut fastrand::Rng) -> Row {
    let of = |all: &[&'static str], random: &mut fastrand::Rng| all[random.usize(..all.len())];
    [of(&A, random), of(&B, random), of(&C, random)]
}

fn insert(table: &str, rows: &[Row]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("({})", row.join(", "))).collect();
    format!("INSERT INTO {table} (a, b, c) VALUES {};\n", rows.join(", "))
}

fn counted(rows: &[Row]) -> BTreeMap<Row, usize> {
    let mut counts = BTreeMap::new();
    rows.iter().for_each(|row| *counts.entry(*row).or_default() += 1);
    counts
}

#[test]
fn many_inserts_of_two_tables_are_told_apart_as_each_alone() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[(
        "0001_tables.sql",
        "CREATE TABLE one (a int, b text, c json); CREATE TABLE two (a int, b text, c json)",
    )]);
    gate.with(["migrate"]).run().expect(0);
    database.sql(&format!("ALTER DATABASE {} SET log_statement = 'all'", database.name()));
    let there: Vec<Row> = (0..30).map(|_| any_row(&mut random)).collect();
    database.sql(&format!("{} ALTER TABLE one ADD COLUMN d int", insert("one", &there)));
    let inserts: Vec<(&str, Vec<Row>)> = (0..300)
        .map(|_| {
            let table = if random.u8(..4) == 0 { "two" } else { "one" };
            (table, (0..random.usize(1..5)).map(|_| any_row(&mut random)).collect())
        })
        .collect();
    let script: String = inserts.iter().map(|(table, rows)| insert(table, rows)).collect();
    gate.write("0002_rows.sql", format!("ALTER TABLE one ADD COLUMN d int;\n{script}"));

    let plan = gate.with(["plan", "--check-data", "--json"]).run().expect(65).json();

    let log = database.log();
    let alone: Vec<&str> =
        log.lines().filter(|line| line.contains("EXCEPT ALL") && line.contains(database.name())).collect();
    assert!(alone.is_empty(), "seed {seed}: asked about alone: {alone:?}");
    let counts = counted(&there);
    let reasons = reasons(&plan);
    assert_eq!(reasons.len(), inserts.len() + 1, "seed {seed}");
    for ((table, rows), reason) in inserts.iter().zip(&reasons[1..]) {
        let present: usize = counted(rows).iter().map(|(row, own)| *own.min(counts.get(row).unwrap_or(&0))).sum();
        let wanted = match (*table, rows.len() - present) {
            ("two", _) => "none of its rows is there".to_owned(),
            (_, 0) => "rows equal to its own may have been there before it".to_owned(),
            (_, missing) => format!("{missing} of its rows are not in the table, {present} are"),
        };
        assert!(reason.contains(&wanted), "seed {seed}: {}: {reason}, and not {wanted}", insert(table, rows));
    }
}

/// The reasons of each statement of the only pending revision.
fn reasons(plan: &serde_json::Value) -> Vec<String> {
    let statements = plan["revisions"][0]["statements"].as_array().expect("statements");
    statements.iter().map(|statement| statement["reason"].as_str().expect("a reason").to_owned()).collect()
}

#[test]
fn an_insert_that_the_server_cannot_read_does_not_hide_the_answers_for_the_others() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_table.sql", "CREATE TABLE t (id int PRIMARY KEY, at date)")]);
    gate.with(["migrate"]).run().expect(0);
    database.sql("INSERT INTO t VALUES (1, '2026-01-01'), (3, NULL); ALTER TABLE t ADD COLUMN d int");
    gate.write(
        "0002_rows.sql",
        "ALTER TABLE t ADD COLUMN d int;\nINSERT INTO t (id, at) VALUES (1, '2026-01-01');\n\
         INSERT INTO t (id, at) VALUES (2, '2026-13-01');\nINSERT INTO t (id, at) VALUES (3, NULL);",
    );
    let plan = gate.with(["plan", "--check-data", "--json"]).run().expect(65).json();
    let reasons = reasons(&plan);
    let wanted =
        ["it is there, equal", "it would change nothing", "the data cannot be asked", "it would change nothing"];
    assert!(reasons.iter().zip(wanted).all(|(reason, wanted)| reason.contains(wanted)), "{reasons:?}");
}

/// INSERTs of a row each, by their numbers.
fn seed(ids: impl Iterator<Item = usize>) -> String {
    ids.map(|id| format!("INSERT INTO t (id, name) VALUES ({id}, 'name; of -- {id}'); -- the {id}\n")).collect()
}

const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY, name text)";

#[test]
fn a_seed_is_carried_out_and_counted_statement_by_statement() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).steps(&[TABLE, &seed(1..=3000)]);
    let outcome = gate.with(["migrate"]).run().expect(0);
    assert!(outcome.stderr.contains("1 apply, 3000 run"), "{outcome}");
    assert_eq!(database.value("SELECT count(*) FROM t WHERE name = 'name; of -- ' || id"), "3000");
    let counts = "SELECT verdicts->'counts'->>'run' FROM lockgate_history WHERE revision = '0002'";
    assert_eq!(database.value(counts), "3000");
}

#[test]
fn the_insert_of_a_seed_that_fails_is_shown_with_its_place_and_nothing_of_the_others() {
    let again = ("INSERT INTO t (id, name) VALUES (7, 'again')", 1, "duplicate key value");
    let other = ("INSERT INTO t (id, name) VALUES (1, NULL), ('x', NULL)", 45, "invalid input syntax");
    // The rows of a large script stay in its file until they are sent.
    for ((bad, column, shown), rest) in [(again, 1000), (other, 1000), (again, 7000), (other, 7000)] {
        let database = TestDatabase::new();
        let script = format!("{}{bad};\n{}", seed(1..=1000), seed(1001..=1000 + rest));
        let gate = Gate::new(&database).steps(&[TABLE, &script]);
        let outcome = gate.with(["migrate"]).run().expect(65);
        assert!(outcome.stderr.contains(&format!("0002_step.sql:1001:{column}")), "{outcome}");
        assert!(!outcome.stderr.contains("name; of"), "{outcome}");
        assert!(
            outcome.stderr.contains(shown) && outcome.stderr.contains("statement: INSERT INTO t (id, name)"),
            "{outcome}"
        );
        assert_eq!(database.value("SELECT count(*) FROM t"), "0");
        assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
    }
}

#[test]
fn a_seed_into_a_table_that_was_there_runs_and_of_one_that_ran_in_part_the_rest_runs() {
    for there in [0, 1, 700, 1000] {
        let database = TestDatabase::new();
        let gate = Gate::new(&database).steps(&[TABLE]);
        gate.with(["migrate"]).run().expect(0);
        database.sql(&seed(1..=there));
        gate.write("0002_step.sql", seed(1..=1000));
        gate.with(["migrate"]).run().expect(0);
        assert_eq!(database.value("SELECT count(*) FROM t"), "1000", "{there} were there");
        let counts = "SELECT verdicts->'counts' FROM lockgate_history WHERE revision = '0002'";
        let word = |word: &str| database.value(&format!("SELECT coalesce(({counts})->>'{word}', '0')"));
        assert_eq!((word("satisfied"), word("run")), (there.to_string(), (1000 - there).to_string()));
    }
}

#[test]
fn a_directive_among_the_inserts_of_a_seed_speaks_for_its_own() {
    let database = TestDatabase::new();
    let checked = "-- lockgate:check \"no row yet\" SELECT count(*) = 10 FROM t\n";
    let script = format!("{}{checked}{}", seed(1..=10), seed(11..=20));
    Gate::new(&database).steps(&[TABLE, &script]).with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t"), "20");
}

#[test]
fn what_a_large_script_defines_between_its_rows_is_known_to_later_revisions() {
    let database = TestDatabase::new();
    let rows = seed(1..=6000);
    let script = format!("{TABLE};\n{rows}CREATE TABLE u (a int);\n{}", seed(6001..=12_000));
    let gate = Gate::new(&database).steps(&[&script]);
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t"), "12000");

    // The repair of an emergency is the wanted one; another is none.
    gate.write("0002_step.sql", "ALTER TABLE u ADD COLUMN b int");
    database.sql("ALTER TABLE u ADD COLUMN b int");
    let outcome = gate.with(["migrate"]).run().expect(0);
    assert!(outcome.stderr.contains("1 satisfied"), "{outcome}");
    gate.write("0003_step.sql", "ALTER TABLE u ALTER COLUMN a TYPE bigint");
    database.sql("ALTER TABLE u ALTER COLUMN a TYPE text");
    let plan = gate.with(["plan"]).run().expect(65);
    assert!(format!("{plan}").contains("column a of public.u is there, and different"), "{plan}");

    // A comment is no change, a row is one.
    gate.write("0001_step.sql", script.replacen("-- the 7\n", "-- seven\n", 1));
    gate.with(["plan"]).run().expect(65);
    gate.write("0001_step.sql", script.replacen("(7, ", "(-7, ", 1));
    let changed = gate.with(["plan"]).run().expect(65);
    assert!(changed.stderr.contains("LG0501") && changed.stderr.contains("0001_step.sql"), "{changed}");
}

#[test]
fn a_large_script_that_changes_while_it_is_sent_is_refused_and_nothing_of_it_stays() {
    let database = TestDatabase::new();
    let holder = database.session();
    holder.sql("SELECT pg_advisory_lock(4711)");
    let rows = seed(1..=60_000);
    let script = format!("{TABLE};\nSELECT pg_advisory_xact_lock(4711);\n{rows}");
    let gate = Gate::new(&database).steps(&["CREATE TABLE before ()", &script]);
    let running = gate.with(["migrate"]).spawn();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    eventually("the script waits", || database.value(waits) == "1");

    gate.write("0002_step.sql", script.replacen("(59999, ", "(-9999, ", 1));
    holder.sql("SELECT pg_advisory_unlock(4711)");

    let outcome = running.wait_patiently().expect(65);
    assert!(outcome.stderr.contains("0002_step.sql: it changed after it was first read: start again"), "{outcome}");
    assert_eq!(database.value("SELECT to_regclass('t') IS NULL"), "t");
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t WHERE id = -9999"), "1");
}

/// Half of the memory that the smallest of the manifests gives to a gate.
const MEMORY_KB: u32 = 32 << 10;

#[test]
fn a_seed_that_is_larger_than_the_memory_is_carried_out_and_costs_later_releases_no_more() {
    let bounded = |gate: &Gate| {
        let run = format!("ulimit -d {MEMORY_KB} && exec {} migrate", env!("CARGO_BIN_EXE_lockgate"));
        gate.clone().program("/bin/sh").args(["-c", &run]).spawn().wait(Duration::from_secs(180))
    };
    let database = TestDatabase::new();
    let gate = Gate::new(&database).steps(&[TABLE]);
    // The limit counts private memory since Linux 4.7; elsewhere there is none to set.
    if bounded(&gate).code != Some(0) {
        return eprintln!("skipped: no limit on private memory here");
    }
    let row = |id: u32| format!("INSERT INTO t (id, name) VALUES ({id}, '{}');\n", "some text ".repeat(40));
    let rows: String = (0..80_000).map(row).collect();
    assert!(rows.len() > MEMORY_KB as usize * 1024);
    gate.write("0002_step.sql", rows);
    bounded(&gate).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t"), "80000");
    gate.write("0003_step.sql", "ALTER TABLE t ADD COLUMN more int");
    bounded(&gate).expect(0);
}
