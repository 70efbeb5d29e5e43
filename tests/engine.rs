//! The defensive engine, case by case: a file of `tests/fixtures/engine` each, whose README says how to write one.
//!
//! `LOCKGATE_TEST_CASES=enum cargo test --test it engine::` runs those whose name holds `enum`.

mod advice;
mod case;
mod kinds;
mod reasons;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, OnceLock};

pub use case::{Case, all as cases};
use case::{Line, Schema};

use crate::support::{Cluster, Gate, Outcome, TestDatabase, traps};

/// So many at a time; each has a database of its own.
const THREADS: usize = 4;

#[test]
fn the_field_cases() {
    each("field");
}

#[test]
fn the_examples_of_why_a_statement_alone_is_not_enough() {
    each("alone");
}

#[test]
fn each_kind_of_object_equal_different_and_absent() {
    each("kinds");
}

#[test]
fn strangers() {
    each("strangers");
}

#[test]
fn renames_and_drops() {
    each("moves");
}

#[test]
fn data_statements() {
    each("data");
}

#[test]
fn directives_and_settings() {
    each("directives");
}

#[test]
fn the_way_back() {
    each("down");
}

#[test]
fn every_case_belongs_to_a_test_and_runs_on_a_fresh_database() {
    let groups = ["alone", "data", "directives", "down", "field", "kinds", "moves", "strangers"];
    let found: BTreeSet<String> = cases().iter().map(|case| case.group().to_owned()).collect();
    assert_eq!(found, groups.map(str::to_owned).into());
    all_of(cases(), |case| {
        if case.fresh && !traps::are_wanted() {
            let by_gate = fresh(case);
            if let Some(by_server) = by_server(case) {
                assert_eq!(differences(&by_server, &by_gate, "without a gate there is"), "", "a fresh run");
            }
        }
    });
}

/// Runs the cases of a folder, and names all that fail.
#[track_caller]
fn each(group: &str) {
    all_of(cases().into_iter().filter(|case| case.group() == group).collect(), check);
}

#[track_caller]
fn all_of(cases: Vec<Case>, check: impl Fn(&Case) + Sync) {
    let wanted = std::env::var("LOCKGATE_TEST_CASES").unwrap_or_default();
    let wanted = cases.into_iter().filter(|case| case.name.contains(&wanted));
    let server = Cluster::shared().version();
    let (cases, newer): (Vec<Case>, Vec<Case>) = wanted.partition(|case| case.since <= server);
    newer.iter().for_each(|case| eprintln!("skipped: {}: new in PostgreSQL {}", case.name, case.since));
    let (count, queue, failed) = (cases.len(), Mutex::new(cases), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(case) = { queue.lock().expect("no panic").pop() } {
                    if let Err(why) = catch_unwind(AssertUnwindSafe(|| check(&case))) {
                        let why =
                            why.downcast_ref::<String>().map(String::as_str).or(why.downcast_ref::<&str>().copied());
                        failed.lock().expect("no panic").insert(case.name.clone(), why.unwrap_or_default().to_owned());
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    let list: String =
        failed.iter().map(|(name, why)| format!("\n=== tests/fixtures/engine/{name}.sql\n{why}\n")).collect();
    assert!(failed.is_empty(), "{} of {count} cases:\n{list}", failed.len());
}

fn check(case: &Case) {
    let database = TestDatabase::new();
    if traps::are_wanted() {
        return check_between_traps(case, &database);
    }
    compare(case, &database);
}

/// Ends as without traps, but where the case's own statements mean one, as the server reads them; and lockgate runs none.
fn check_between_traps(case: &Case, database: &TestDatabase) {
    let outcome = catch_unwind(AssertUnwindSafe(|| compare(case, database)));
    let chain: Vec<&str> = case.base.iter().chain(&case.pending).chain(&case.down).map(String::as_str).collect();
    let sprung = traps::sprung(database, &chain);
    assert!(sprung.is_empty(), "traps: {}", sprung.join("\n"));
    if let Err(different) = outcome
        && !traps::are_meant(database, &chain)
        && !means_a_trap(case, &chain)
    {
        resume_unwind(different);
    }
}

/// True if the chain runs a trap, or makes an object that runs one, even without changes by hand.
fn means_a_trap(case: &Case, chain: &[&str]) -> bool {
    let database = TestDatabase::new();
    let gate = settled(case, &database);
    run(case, &gate).run();
    traps::are_meant(&database, chain)
}

fn compare(case: &Case, database: &TestDatabase) {
    let gate = settled(case, database);
    for sql in &case.outside {
        database.session().try_sql(sql).unwrap_or_else(|error| panic!("the outside SQL: {error:?}"));
    }
    if traps::are_wanted() {
        gate.with(["plan", "--check-data"]).run();
        gate.with(["status"]).run();
    }
    let before = catalog(database);
    let foreseen = (case.down.is_none() && case.foreseen)
        .then(|| with_settings(case, gate.with(["plan", "--check-data", "--json"])).run());
    let planned = case.lines.iter().any(|line| !line.is_refusal()).then(|| match &foreseen {
        Some(plan) => plan.json(),
        None => gate.with(["plan", "--json"]).run().json(),
    });
    let outcome = run(case, &gate).run();
    if let Some(foreseen) = &foreseen {
        agrees(case, foreseen, &outcome, database);
        reasons::are_given(case, foreseen);
    }
    assert_eq!(outcome.code, Some(case.exit), "exit code; {outcome}");
    reads_well(&outcome);
    for text in &case.says {
        assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
    }
    for line in &case.lines {
        match (&planned, line.is_refusal()) {
            (_, true) => assert!(line.is_said(&outcome.stderr), "{line} is not said; {outcome}"),
            (Some(plan), false) => line.is_planned(plan),
            (None, false) => {}
        }
    }
    match case.schema {
        Schema::Fresh => assert_same(&fresh(case), &catalog(database), "a fresh run has", &outcome),
        Schema::Unchanged => assert_same(&before, &catalog(database), "before there was", &outcome),
        Schema::Any => {}
    }
    for (query, value) in &case.rows {
        assert_eq!(&rows(database, query), value, "{query}; {outcome}");
    }
    if case.exit != 0 {
        if let Some(plan) = &foreseen {
            advice::is_worth_following(case, &serde_json::from_str(&plan.stdout).unwrap_or_default());
        }
        return;
    }
    if let Some(counts) = &case.verdicts {
        assert_eq!(&verdicts(case, database), counts, "verdicts in the history; {outcome}");
    }
    let settled = catalog(database);
    let again = run(case, &gate).run().expect(0);
    assert_same(&settled, &catalog(database), "before the second run there was", &again);
}

/// A person reads it: no name is as the parser has it, nothing is Rust's, and no two definitions that differ read the same.
#[track_caller]
fn reads_well(outcome: &Outcome) {
    for words in ["\"pg_catalog\".", "Some(", "None", "Ok(", "{ "] {
        assert!(!outcome.stderr.contains(words), "it says {words:?}; {outcome}");
    }
    let said = |line: &str, words: &str| line.trim_start().strip_prefix(words).map(|text| text.trim().to_owned());
    for pair in outcome.stderr.lines().collect::<Vec<_>>().windows(2) {
        let both = said(pair[0], "the chain:").zip(said(pair[1], "the database:"));
        assert!(both.is_none_or(|(wanted, found)| wanted != found), "both read the same; {outcome}");
    }
}

/// The database at the end of the base (and of the rest, for the way back), with the whole chain in the gate's directory.
fn settled(case: &Case, database: &TestDatabase) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "3s");
    // Without a base the history is empty, and the cases are about the rules of a begun chain.
    let gate = gate.env("LOCKGATE_FIRST_CONTACT", "migrate");
    for (at, text) in case.base.iter().enumerate() {
        gate.write(&format!("{:04}_base.sql", at + 1), text);
    }
    // A history is there in every case: without a base, an empty one.
    if !case.base.is_empty() {
        let begun = gate.with(["migrate"]).run();
        // A base that names an operator of a trap runs it, as it does in psql.
        if !traps::are_wanted() {
            begun.expect(0);
        }
    }
    for (at, text) in case.pending.iter().enumerate() {
        gate.write(&format!("{}_pending.sql", case.id(at)), text);
    }
    if let Some(down) = &case.down {
        gate.write(&format!("{}_pending.down.sql", case.id(0)), down);
        gate.with(["migrate"]).run().expect(0);
    }
    gate
}

fn run(case: &Case, gate: &Gate) -> Gate {
    let base = format!("{:04}", case.base.len());
    let words = if case.down.is_some() { vec!["down", &base] } else { vec!["migrate"] };
    with_settings(case, gate.with(words))
}

fn with_settings(case: &Case, gate: Gate) -> Gate {
    case.settings.iter().fold(gate, |gate, (name, value)| gate.env(name, value))
}

/// A plan says what `migrate` does, or that its verdict is provisional.
#[track_caller]
fn agrees(case: &Case, plan: &Outcome, outcome: &Outcome, database: &TestDatabase) {
    let document: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap_or_default();
    let mut found = Vec::new();
    case::planned(&document, "", &mut found);
    if is_provisional(&document) {
        return;
    }
    assert_eq!(plan.code, outcome.code, "the plan's exit code, and what migrate ends with; {plan}{outcome}");
    if outcome.code == Some(0) {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        found.into_iter().for_each(|(_, _, verdict)| *counts.entry(verdict).or_default() += 1);
        assert_eq!(counts, verdicts(case, database), "the plan's verdicts, and those of the history; {plan}");
    }
}

/// True if the plan calls one of its verdicts provisional, with the reason.
fn is_provisional(plan: &serde_json::Value) -> bool {
    match plan {
        serde_json::Value::Array(parts) => parts.iter().any(is_provisional),
        serde_json::Value::Object(parts) => parts.iter().any(|(name, value)| {
            name == "provisional" && value.as_array().is_some_and(|all| !all.is_empty()) || is_provisional(value)
        }),
        _ => false,
    }
}

/// The catalog after the scripts alone, each in a transaction; none where one needs more than a server.
fn by_server(case: &Case) -> Option<Catalog> {
    let scripts: Vec<&String> = case.base.iter().chain(&case.pending).collect();
    if case.down.is_some() || scripts.iter().any(|script| script.contains("lockgate:") || script.contains("'now'")) {
        return None;
    }
    let database = TestDatabase::new();
    for script in scripts {
        database.session().try_sql(&format!("BEGIN; {script}; COMMIT")).ok()?;
    }
    Some(catalog(&database))
}

/// The catalog of a database in which nothing was done by hand. Two tests ask for it: it is found out once.
fn fresh(case: &Case) -> Arc<Catalog> {
    static FOUND: Mutex<BTreeMap<String, Arc<OnceLock<Arc<Catalog>>>>> = Mutex::new(BTreeMap::new());
    let mine = Arc::clone(FOUND.lock().expect("no panic").entry(case.name.clone()).or_default());
    Arc::clone(mine.get_or_init(|| {
        let database = TestDatabase::new();
        let gate = settled(case, &database);
        run(&Case { settings: Vec::new(), ..case.clone() }, &gate).run().expect(0);
        Arc::new(catalog(&database))
    }))
}

/// Kind and name, and the properties as text.
type Catalog = BTreeMap<(String, String), String>;

fn catalog(database: &TestDatabase) -> Catalog {
    let question = include_str!("engine/catalog.sql");
    let session = database.session();
    session.sql("SET search_path = pg_catalog");
    let rows = session.query_text(question);
    rows.into_iter().map(|row| ((row[0].clone(), row[1].clone()), row[2].clone())).collect()
}

#[track_caller]
fn assert_same(wanted: &Catalog, found: &Catalog, words: &str, outcome: &Outcome) {
    let differences = differences(wanted, found, words);
    assert!(differences.is_empty(), "the schema differs:\n{differences}{outcome}");
}

/// A paragraph for each object that is not the same.
fn differences(wanted: &Catalog, found: &Catalog, words: &str) -> String {
    let keys: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    keys.into_iter()
        .filter(|key| wanted.get(*key) != found.get(*key))
        .map(|key| {
            let shown = |catalog: &Catalog| catalog.get(key).cloned().unwrap_or_else(|| "nothing".to_owned());
            format!("{} {}: {words} {}\n    found {}\n", key.0, key.1, shown(wanted), shown(found))
        })
        .collect()
}

/// Columns with `|`, rows with `, `.
fn rows(database: &TestDatabase, query: &str) -> String {
    let rows = database.query_text(query);
    rows.iter().map(|row| row.join("|")).collect::<Vec<_>>().join(", ")
}

/// The counts of all pending revisions together.
fn verdicts(case: &Case, database: &TestDatabase) -> BTreeMap<String, u64> {
    let counts =
        "SELECT c.key, sum(c.value::int) FROM public.lockgate_history h, jsonb_each_text(h.verdicts -> 'counts') c";
    let rows = format!("{counts} WHERE h.depth > {} AND c.value <> '0' GROUP BY 1", case.base.len());
    database.query_text(&rows).into_iter().map(|row| (row[0].clone(), row[1].parse().expect("a number"))).collect()
}

impl Line {
    /// An error that names the statement's place and its verdict.
    fn is_said(&self, stderr: &str) -> bool {
        let place = format!("{}_pending.sql:{}", self.revision, self.line);
        let after = stderr.match_indices(&place).map(|(at, _)| &stderr[at + place.len()..]);
        let named = after.filter(|rest| !rest.starts_with(|letter: char| letter.is_ascii_digit())).count();
        named > 0 && stderr.contains(&self.verdict)
    }

    /// The plan's verdict for the statement that begins in this line, anywhere in the document.
    #[track_caller]
    fn is_planned(&self, plan: &serde_json::Value) {
        let mut found = Vec::new();
        case::planned(plan, "", &mut found);
        let mine = found.iter().filter(|(place, line, _)| place.contains(&self.revision) && *line == self.line);
        let verdicts: BTreeSet<&str> = mine.map(|(_, _, verdict)| verdict.as_str()).collect();
        assert_eq!(verdicts, [self.verdict.as_str()].into(), "the plan's verdict of {self}; {plan:#}");
    }
}
