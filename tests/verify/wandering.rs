//! Drifts by chance: pairs and triples of the matrix, and changes that a person may make to an example's schema. A repair ends
//! them, or says which it leaves. LOCKGATE_TEST_SEED repeats a run.

use super::matrix::Case;
use super::repair::{Base, committed, ends, none_is_wrong, of_drifts};
use super::schema;
use crate::support::{Cluster, Session, TestDatabase, long_tests_are_wanted};

/// Knuth's linear congruential generator (The Art of Computer Programming, 3.3.4).
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let now = || std::time::UNIX_EPOCH.elapsed().map_or(1, |it| it.as_secs());
        let seed = std::env::var("LOCKGATE_TEST_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or_else(now);
        println!("LOCKGATE_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }
}

/// The number of cases of a run.
fn wanted() -> usize {
    let asked = std::env::var("LOCKGATE_TEST_COUNT").ok().and_then(|it| it.parse().ok());
    asked.unwrap_or(if long_tests_are_wanted() { 60 } else { 4 })
}

fn is_possible(session: &Session, sql: &str) -> bool {
    session.sql("BEGIN");
    let is_possible = session.try_sql(sql).is_ok();
    session.sql("ROLLBACK");
    is_possible
}

fn case(name: String, sql: String) -> Case {
    Case { name, expected: [].into(), since: 13, sql }
}

#[test]
fn drifts_at_once_are_repaired_or_said() {
    let cluster = Cluster::shared();
    let mut chance = Chance::new();
    let all: Vec<Case> = committed(&cluster).collect();
    let database = TestDatabase::new();
    database.sql(&schema(&cluster));
    let session = database.session();
    let mut cases = Vec::new();
    while cases.len() < wanted() {
        let of = 2 + chance.below(2);
        let drifts: Vec<&Case> = (0..of).map(|_| &all[chance.below(all.len())]).collect();
        let joined = |text: fn(&Case) -> &str, by: &str| drifts.iter().map(|it| text(it)).collect::<Vec<_>>().join(by);
        let sql = joined(|it| &it.sql, "\n");
        if is_possible(&session, &sql) {
            cases.push(case(joined(|it| &it.name, " + "), sql));
        }
    }
    none_is_wrong(&ends(&of_drifts(&cluster), cases, &cluster));
}

/// The revisions of an example, or of LOCKGATE_TEST_CHAIN.
fn example() -> Vec<(String, String)> {
    let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/platform/migrations");
    let folder = std::env::var("LOCKGATE_TEST_CHAIN").unwrap_or_else(|_| ours.to_owned());
    let paths = std::fs::read_dir(folder).expect("the example").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|it| it == "sql"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a revision"))
        })
        .filter(|(name, _)| !name.ends_with(".down.sql"))
        .collect();
    files.sort();
    files
}

#[test]
fn changes_by_hand_to_an_examples_schema_are_repaired_or_said() {
    let cluster = Cluster::shared();
    let mut chance = Chance::new();
    let chain = example();
    let base = Base::new(&chain);
    let session = base.database.session();
    let all: Vec<String> =
        session.query_text(include_str!("wandering.sql")).into_iter().map(|row| row[0].clone()).collect();
    let mut cases = Vec::new();
    while cases.len() < wanted() {
        let of = 1 + chance.below(3);
        let sql: Vec<&str> = (0..of).map(|_| all[chance.below(all.len())].as_str()).collect();
        let sql = sql.join(";\n");
        if is_possible(&session, &sql) {
            cases.push(case(sql.clone(), sql));
        }
    }
    drop(session);
    none_is_wrong(&ends(&chain, cases, &cluster));
}
