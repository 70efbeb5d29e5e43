//! A drift a file: the base schema, one change by hand, and the lines that verify has to print for it; no other.
//!
//! The first lines of a file are comments: `expect: missing table t`, `expect: different column t.c: type` (with the properties
//! that differ), `expect nothing`, `since: 15` (the first major that accepts the SQL). Each runs in a transaction that is rolled
//! back.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use lockgate::config::Layout;
use lockgate::object::{Fact, KINDS, Scope, question};
use lockgate::pg::version::ServerVersion;
use lockgate::verify::{Facts, Ignored, Line, Named, Snapshot, catalogs, drift};

use super::schema;
use crate::support::{Cluster, Session, TestDatabase};

pub struct Case {
    pub name: String,
    pub expected: BTreeSet<String>,
    pub since: u32,
    pub sql: String,
}

impl Case {
    /// A role would be the whole server's, and a subscription keeps its database from being dropped.
    pub fn stays_in_its_database(&self) -> bool {
        !["CREATE ROLE", "CREATE SUBSCRIPTION"].iter().any(|words| self.sql.contains(words))
    }

    /// One of its drifts makes an object that is no business of the chain's: a dump contains it all the same.
    pub fn leaves_strangers(&self) -> bool {
        self.name.split(" + ").any(|name| name.starts_with("nothing_"))
    }
}

pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verify/drift");
    let files = std::fs::read_dir(folder).expect("the drifts").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<Case> = files.map(|path| case(&path)).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn case(path: &Path) -> Case {
    let sql = std::fs::read_to_string(path).expect("a drift");
    let said = |word: &str| -> Vec<String> {
        sql.lines()
            .filter_map(|line| line.strip_prefix("-- ")?.strip_prefix(word))
            .map(|it| it.trim().to_owned())
            .collect()
    };
    let (expected, since) = (said("expect:"), said("since:"));
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    assert!(!expected.is_empty() || !said("expect nothing").is_empty(), "{name} expects neither lines nor nothing");
    let since = since.first().map_or(13, |major| major.parse().expect("a major version"));
    Case { name, expected: expected.into_iter().collect(), since, sql }
}

pub fn version(cluster: &Cluster) -> ServerVersion {
    ServerVersion::from_parameter(&format!("{}.0", cluster.version())).expect("a version")
}

/// The questions, planned once: their planning is the most of a look at a small schema.
pub fn prepare(session: &Session, server: ServerVersion) {
    session.sql("SET search_path = public, pg_temp");
    prepare_as(session, server, "kind", false);
    session.sql(&format!("PREPARE catalogs AS {}", catalogs(server.major())));
}

/// The questions under names that begin with a word, with owners and rights or without.
pub fn prepare_as(session: &Session, server: ServerVersion, word: &str, privileges: bool) {
    let scope = Scope {
        privileges,
        home: "public".to_owned(),
        schemas: vec!["public".to_owned(), "side".to_owned()],
        history: "lockgate_history".to_owned(),
        ..Scope::default()
    };
    for (at, kind) in KINDS.iter().enumerate() {
        session.sql(&format!("PREPARE {word}_{at} AS {}", question(kind, &scope, server)));
    }
}

/// As the session's transaction has them.
pub fn facts(session: &Session) -> Facts {
    facts_of(session, "kind", false)
}

/// The same by the questions of [`prepare_as`].
pub fn facts_of(session: &Session, word: &str, privileges: bool) -> Facts {
    let mut facts = Vec::new();
    for (at, kind) in KINDS.iter().enumerate() {
        for row in session.rows(&format!("EXECUTE {word}_{at}")) {
            facts.push(Fact::of_row(kind, row).expect("a row of the kind"));
        }
    }
    facts.sort_by(|a, b| (a.kind.word, &a.name).cmp(&(b.kind.word, &b.name)));
    Facts { schemas: vec!["side".to_owned()], facts, unread: Vec::new(), privileges, equal: Default::default() }
}

/// `different column t.c: default, type`.
pub fn said(line: &Line) -> String {
    let mut properties: Vec<&str> = line.properties.iter().map(|property| property.property).collect();
    properties.sort_unstable();
    let joint = if properties.is_empty() { "" } else { ": " };
    format!("{} {}{joint}{}", line.what.word(), line.object, properties.join(", "))
}

fn check(case: &Case, snapshot: &Snapshot, session: &Session, server: ServerVersion) -> Option<String> {
    session.sql("BEGIN");
    let before = session.query_text("EXECUTE catalogs");
    let drifted = session.try_sql(&case.sql);
    let is_unchanged = drifted.is_ok() && session.query_text("EXECUTE catalogs") == before;
    let told = drifted.map(|()| {
        let report = drift(snapshot, facts(session), server.major(), &Ignored::default(), false);
        report.lines.iter().map(said).collect::<BTreeSet<String>>()
    });
    session.sql("ROLLBACK");
    match told {
        // Subscriptions are read whole.
        Ok(told) if is_unchanged && told.iter().any(|line| !line.contains(" subscription ")) => {
            Some(format!("{}: the fingerprint is as before", case.name))
        }
        Ok(told) if told == case.expected => None,
        Ok(told) => {
            let lines = |lines: &BTreeSet<String>| lines.iter().map(|line| format!("\n    {line}")).collect::<String>();
            Some(format!("{}:\n  expected{}\n  said{}", case.name, lines(&case.expected), lines(&told)))
        }
        Err(error) => Some(format!("{}: the drift itself fails: {error:?}", case.name)),
    }
}

#[test]
fn every_drift_is_seen_and_named_and_nothing_else_is() {
    let cluster = Cluster::shared();
    let server = version(&cluster);
    let cases = Mutex::new(cases().into_iter().filter(|case| case.since <= cluster.version()).collect::<Vec<_>>());
    let wrong = Mutex::new(Vec::new());
    let chain = tempfile::tempdir().expect("a directory");
    let base = schema(&cluster);
    std::fs::write(chain.path().join("0001_base.sql"), &base).expect("the chain");
    let named = Named::of(&lockgate::source::read(chain.path(), Layout::Native).expect("a chain"));
    let work = || {
        let database = TestDatabase::new();
        database.sql(&base);
        let session = database.session();
        prepare(&session, server);
        let snapshot = Snapshot::of(String::new(), "0001".to_owned(), server.major(), facts(&session), &named);
        loop {
            let Some(case) = cases.lock().expect("the cases").pop() else { return };
            wrong.lock().expect("the list").extend(check(&case, &snapshot, &session, server));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    assert!(wrong.is_empty(), "{} drifts:\n{}", wrong.len(), wrong.join("\n"));
}
