//! The table of kinds: each kind of object × (equal, absent, made by hand, each of its properties different). Every cell has a drift,
//! or a line of `cells.txt` that says why it cannot have one.
//!
//! A file of `tests/verify/kinds` is a drift of its own beginning: SQL behind `-- before`, then SQL behind `-- drift`, and an `expect:`
//! line for each line that verify has to say. `-- privileges` reads owners and rights too; `since: 15` is the first major that has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lockgate::object::KINDS;
use lockgate::verify::{Ignored, Named, Snapshot, drift};

use super::BASE;
use super::matrix::{cases, facts_of, prepare_as, said, version};
use crate::support::{Cluster, TestDatabase};

#[derive(Default)]
pub struct Case {
    pub name: String,
    expected: BTreeSet<String>,
    pub since: u32,
    pub privileges: bool,
    pub before: String,
    pub drift: String,
}

pub fn own_cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify/kinds");
    let files = std::fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<Case> = files.map(|path| case(&path)).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn case(path: &Path) -> Case {
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut case = Case { name, ..Case::default() };
    let mut is_before = false;
    for line in std::fs::read_to_string(path).expect("a case").lines() {
        match line.split_once(": ").unwrap_or((line, "")) {
            ("-- expect", said) => _ = case.expected.insert(said.to_owned()),
            ("-- since", major) => case.since = major.parse().expect("a major version"),
            ("-- privileges", _) => case.privileges = true,
            ("-- before", _) => is_before = true,
            ("-- drift", _) => is_before = false,
            _ => {
                let section = if is_before { &mut case.before } else { &mut case.drift };
                section.push_str(line);
                section.push('\n');
            }
        }
    }
    case
}

#[test]
fn a_drift_of_each_kind_is_seen_from_its_own_beginning() {
    let cluster = Cluster::shared();
    let server = version(&cluster);
    let database = TestDatabase::new();
    database.sql(BASE);
    let session = database.session();
    session.sql("SET search_path = public, pg_temp");
    prepare_as(&session, server, "plain", false);
    prepare_as(&session, server, "whole", true);
    let chain = tempfile::tempdir().expect("a directory");
    std::fs::write(chain.path().join("0001_base.sql"), BASE).expect("the chain");
    let named = Named::of(&lockgate::source::read(chain.path(), lockgate::config::Layout::Native).expect("a chain"));
    let mut wrong = Vec::new();
    for case in own_cases().into_iter().filter(|case| case.since <= cluster.version()) {
        let word = if case.privileges { "whole" } else { "plain" };
        let facts = || facts_of(&session, word, case.privileges);
        session.sql("BEGIN");
        let told = session.try_sql(&case.before).and_then(|()| {
            let snapshot = Snapshot::of(String::new(), "0001".to_owned(), server.major(), facts(), &named);
            session.try_sql(&case.drift)?;
            let report = drift(&snapshot, facts(), server.major(), &Ignored::default(), false);
            Ok(report.lines.iter().map(said).collect::<BTreeSet<String>>())
        });
        session.sql("ROLLBACK");
        match told {
            Ok(told) if told == case.expected => {}
            Ok(told) => {
                let lines = |lines: &BTreeSet<String>| {
                    lines.iter().map(|line| format!("\n-- expect: {line}")).collect::<String>()
                };
                wrong.push(format!("{}:\nexpected{}\nsaid{}", case.name, lines(&case.expected), lines(&told)));
            }
            Err(error) => wrong.push(format!("{}: the drift itself fails: {error:?}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// The cells that drifts reach, by kind.
fn reached() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut reached: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let lines = cases()
        .into_iter()
        .flat_map(|case| case.expected)
        .chain(own_cases().into_iter().flat_map(|case| case.expected));
    for line in lines {
        let Some((what, object)) = line.split_once(' ') else { continue };
        let of = KINDS.iter().filter(|kind| object.strip_prefix(kind.word).is_some_and(|rest| rest.starts_with(' ')));
        // `text search parser` is no `text`.
        let Some(kind) = of.max_by_key(|kind| kind.word.len()) else { continue };
        let cells = reached.entry(kind.word).or_default();
        match what {
            "missing" => cells.extend(["absent".to_owned(), "equal".to_owned()]),
            "unexpected" => _ = cells.insert("by hand".to_owned()),
            _ => {
                cells.extend(object.rsplit_once(": ").into_iter().flat_map(|(_, it)| it.split(", ").map(str::to_owned)))
            }
        }
    }
    reached
}

#[test]
fn every_cell_of_the_table_of_kinds_has_a_drift_or_a_reason() {
    let reasons = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify/cells.txt"))
        .expect("the reasons");
    let mut reasons: BTreeMap<(&str, &str), &str> = reasons
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| match line.splitn(3, " | ").collect::<Vec<_>>().as_slice() {
            [kind, cell, why] if !why.trim().is_empty() => ((*kind, *cell), *why),
            _ => panic!("cells.txt: {line:?} is not KIND | CELL | REASON"),
        })
        .collect();
    let reached = reached();
    let mut open = Vec::new();
    for kind in KINDS {
        let properties = kind.properties.iter().map(|(property, ..)| *property);
        for cell in ["equal", "absent", "by hand"].into_iter().chain(properties) {
            let is_reached = reached.get(kind.word).is_some_and(|cells| cells.contains(cell));
            match (is_reached, reasons.remove(&(kind.word, cell))) {
                (true, None) | (false, Some(_)) => {}
                (true, Some(_)) => {
                    open.push(format!("{} | {cell}: it has a drift, and a reason why it has none", kind.word))
                }
                (false, None) => open.push(format!("{} | {cell}: no drift, and no reason", kind.word)),
            }
        }
    }
    open.extend(reasons.keys().map(|(kind, cell)| format!("{kind} | {cell}: no such cell")));
    assert!(open.is_empty(), "{} cells:\n{}", open.len(), open.join("\n"));
}
