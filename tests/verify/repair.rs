//! Each drift of the matrix, repaired: the schema is as the snapshot then, or what is not is said with its reason; no row is lost.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::BASE;
use super::matrix::{Case, cases};
use crate::support::{Cluster, Gate, Session, TestDatabase, cluster, long_tests_are_wanted};

/// A database at head with its snapshot, of which each case gets a copy.
struct Base {
    database: TestDatabase,
    snapshot: String,
}

impl Base {
    fn new() -> Self {
        let database = TestDatabase::new();
        let gate = Gate::new(&database).chain(&[("0001_base.sql", BASE)]);
        gate.with(["migrate"]).run().expect(0);
        gate.with(["snapshot", "--database"]).run().expect(0);
        let snapshot = gate.read("schema.lockgate.json");
        Self { database, snapshot }
    }

    fn copy(&self, admin: &Session) -> (String, String, Gate) {
        let name = cluster::unique("repair");
        admin.sql(&format!("CREATE DATABASE {name} TEMPLATE {}", self.database.name()));
        let url = self.database.url().replace(self.database.name(), &name);
        let scratch = self.database.url().replace(self.database.name(), "postgres");
        let gate = Gate::at(&url).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_base.sql", BASE)]);
        let gate = gate.env("LOCKGATE_SCRATCH_URL", scratch).env("LOCKGATE_SCRATCH_IS_MINE", "yes");
        gate.write("schema.lockgate.json", &self.snapshot);
        (name, url, gate)
    }
}

/// The values of every column of the snapshot's tables that is there and not computed, sorted.
fn values(session: &Session, snapshot: &str) -> BTreeMap<String, String> {
    let columns = session.query_text(
        "SELECT c.oid::regclass::text, quote_ident(a.attname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
         WHERE c.relkind = 'r' AND n.nspname IN ('public', 'side') AND c.relname NOT LIKE 'lockgate%'",
    );
    let is_wanted = |table: &str, column: &str| snapshot.contains(&format!("\"column {table}.{column}\""));
    let wanted = columns.into_iter().filter(|row| is_wanted(&row[0], &row[1]));
    wanted
        .map(|row| {
            let (table, column) = (&row[0], &row[1]);
            let value = session.value(&format!(
                "SELECT coalesce(string_agg({column}::text, '|' ORDER BY {column}::text), '') FROM ONLY {table}"
            ));
            (format!("{table}.{column}"), value)
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
enum End {
    /// The schema is as the snapshot.
    Repaired,
    /// What is left is what the chain does not have.
    Kept,
    /// What is left is said, with its reason.
    Said,
    /// It ended otherwise than it said.
    Wrong,
}

fn end(case: &Case, base: &Base, admin: &Session) -> (End, String) {
    let (name, url, gate) = base.copy(admin);
    let session = Session::open(&url);
    let drifted = session.try_sql(&case.sql);
    assert!(drifted.is_ok(), "{}: the drift itself fails: {drifted:?}", case.name);
    let before = values(&session, &base.snapshot);
    let repaired = gate.with(["repair", "--apply"]).run();
    let verified = gate.with(["verify", "--json"]).run();
    let after = values(&session, &base.snapshot);
    drop(session);
    let lost: Vec<&String> =
        before.iter().filter(|(column, value)| after.get(*column) != Some(value)).map(|(column, _)| column).collect();
    let report = verified.json();
    let left: Vec<String> = report["lines"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|line| !matches!(line["what"].as_str(), Some("note" | "unproved")))
        .map(|line| line["object"].as_str().unwrap_or_default().to_owned())
        .collect();
    let said = |object: &String| repaired.stdout.contains(&format!("not done    {object}: "));
    let strange = |object: &String| repaired.stdout.contains(&format!("not done    {object}: unexpected: "));
    // A gate stays closed before what is left.
    let is_left = !left.is_empty() && repaired.code == Some(65) && repaired.stderr.contains("LG0526");
    let end = if !lost.is_empty() || !(matches!(repaired.code, Some(0 | 3)) || is_left) {
        End::Wrong
    } else if left.is_empty() && verified.code == Some(0) {
        End::Repaired
    } else if left.iter().all(strange) {
        End::Kept
    } else if left.iter().all(said) {
        End::Said
    } else {
        End::Wrong
    };
    let second =
        if end == End::Repaired { gate.with(["repair", "--dry-run"]).run().expect(0).stdout } else { String::new() };
    let file = if repaired.code == Some(0) && gate.chain_directory().join("0002_repair.sql").exists() {
        gate.read("0002_repair.sql")
    } else {
        String::new()
    };
    admin.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
    let is_over = second.is_empty() || second.starts_with("nothing to repair");
    let end = if is_over { end } else { End::Wrong };
    (end, format!("lost {lost:?}, left {left:?}\n{repaired}\n{file}"))
}

#[test]
fn each_drift_is_repaired_or_said_why_not_and_no_row_is_lost() {
    let cluster = Cluster::shared();
    let step = if long_tests_are_wanted() { 1 } else { 24 };
    let wanted = std::env::var("LOCKGATE_TEST_DRIFT").unwrap_or_default();
    let cases = cases().into_iter().filter(|case| case.since <= cluster.version() && case.name.contains(&wanted));
    let cases = Mutex::new(cases.step_by(if wanted.is_empty() { step } else { 1 }).collect::<Vec<_>>());
    let ends = Mutex::new(Vec::new());
    let work = || {
        let base = Base::new();
        let admin = cluster.session("postgres");
        loop {
            let Some(case) = cases.lock().expect("the cases").pop() else { return };
            let (end, words) = end(&case, &base, &admin);
            ends.lock().expect("the list").push((end, case.name.clone(), words));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let mut ends = ends.into_inner().expect("the list");
    ends.sort();
    let count = |wanted: End| ends.iter().filter(|(end, ..)| *end == wanted).count();
    let of = |wanted: End| {
        ends.iter().filter(|(end, ..)| *end == wanted).map(|(_, name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
    };
    println!(
        "{} drifts: {} repaired; {} kept: {}; {} said: {}",
        ends.len(),
        count(End::Repaired),
        count(End::Kept),
        of(End::Kept),
        count(End::Said),
        of(End::Said)
    );
    for (_, name, words) in ends.iter().filter(|(end, ..)| *end == End::Said) {
        words.lines().filter(|line| line.starts_with("not done")).for_each(|line| println!("{name}: {line}"));
    }
    let wrong: Vec<String> = ends
        .iter()
        .filter(|(end, ..)| *end == End::Wrong)
        .map(|(_, name, words)| format!("=== {name}: {words}"))
        .collect();
    assert!(wrong.is_empty(), "{} ended wrong:\n{}", wrong.len(), wrong.join("\n"));
}
