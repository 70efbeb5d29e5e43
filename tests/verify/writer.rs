//! Facts as SQL: the objects that this SQL makes in an empty database have the same facts.

use std::sync::Mutex;

use lockgate::object::{Around, compare, script};

use super::matrix::{Case, cases, facts, prepare, version};
use super::schema;
use crate::support::{Cluster, Gate, Session, TestDatabase, long_tests_are_wanted};

/// Roles that a drift makes in its transaction are unknown in the other database; owners and grants are no facts here.
fn check(case: &Case, drifted: &Session, empty: &Session, major: u32) -> Option<String> {
    drifted.sql("BEGIN");
    let ran = drifted.try_sql(&case.sql);
    let wanted = ran.is_ok().then(|| facts(drifted));
    drifted.sql("ROLLBACK");
    let wanted = wanted?.facts;
    let around = Around::rehearsal(&wanted, major);
    let written = script(&around);
    let mut wrong: Vec<String> =
        written.left_out.iter().map(|it| format!("\n    {} is not written: {}", it.object, it.why)).collect();
    empty.sql("BEGIN; SET LOCAL check_function_bodies = off");
    let whole: String = written.statements.iter().map(|statement| format!("{statement};\n")).collect();
    if let Err(error) = empty.try_sql(&whole) {
        wrong.push(format!("\n{whole}\n      {error:?}"));
    }
    if wrong.is_empty() {
        let made = facts(empty).facts;
        let line = |fact: &lockgate::object::Fact| fact.identity();
        let missing = wanted.iter().filter(|it| !made.iter().any(|other| line(other) == line(it)));
        wrong.extend(missing.map(|it| format!("\n    {} is not made", it.identity())));
        for made in &made {
            match wanted.iter().find(|it| line(it) == line(made)) {
                None => wrong.push(format!("\n    {} is made too", made.identity())),
                Some(wanted) => {
                    let differences = compare(wanted, made, true);
                    wrong.extend(differences.iter().map(|it| format!("\n    {}: {it:?}", made.identity())));
                }
            }
        }
    }
    empty.sql("ROLLBACK");
    (!wrong.is_empty()).then(|| format!("{}:{}", case.name, wrong.concat()))
}

#[test]
fn what_the_sql_of_a_schema_makes_has_the_same_facts() {
    let cluster = Cluster::shared();
    let server = version(&cluster);
    let base = Case { name: "the base".to_owned(), expected: [].into(), since: 13, sql: "SELECT 1".to_owned() };
    // A sample of the drifts in every run, and all of them in a long one.
    let step = if long_tests_are_wanted() { 1 } else { 12 };
    // The connection of a subscription is no fact.
    let is_written = |case: &Case| case.since <= cluster.version() && !case.sql.contains("CREATE SUBSCRIPTION");
    let drifts = cases().into_iter().step_by(step).filter(is_written);
    let cases = Mutex::new(drifts.chain([base]).collect::<Vec<_>>());
    let wrong = Mutex::new(Vec::new());
    let work = || {
        let (database, other) = (TestDatabase::new(), TestDatabase::new());
        database.sql(&schema(&cluster));
        let (drifted, empty) = (database.session(), other.session());
        prepare(&drifted, server);
        prepare(&empty, server);
        loop {
            let Some(case) = cases.lock().expect("the cases").pop() else { return };
            wrong.lock().expect("the list").extend(check(&case, &drifted, &empty, server.major()));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    assert!(wrong.is_empty(), "{} schemas:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn snapshot_prints_a_script_that_makes_the_schema() {
    let platform = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/platform/migrations");
    let of_base =
        |database: &TestDatabase| Gate::new(database).chain(&[("0001_base.sql", schema(&Cluster::shared()).as_str())]);
    let of_platform = |database: &TestDatabase| {
        let gate = Gate::new(database).chain(&[]);
        for entry in std::fs::read_dir(platform).expect("the example") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            gate.write(&name, std::fs::read(&path).expect("a file"));
        }
        gate
    };
    for gate_of in [&of_base as &dyn Fn(&TestDatabase) -> Gate, &of_platform] {
        let (first, second) = (TestDatabase::new(), TestDatabase::new());
        let gate = gate_of(&first);
        gate.with(["migrate"]).run().expect(0);
        gate.with(["snapshot", "--database"]).run().expect(0);
        let printed = gate.with(["snapshot", "--database", "--sql"]).run().expect(0);
        second.sql(&printed.stdout.replace(") /* password_file", ", password_file '…') /* password_file"));
        let there = gate.env("LOCKGATE_DATABASE_URL", second.url());
        let outcome = there.with(["verify"]).run();
        assert_eq!(outcome.code, Some(0), "{outcome}\n{}", printed.stdout);
    }
}
