//! `plan --check-data` foretells which rows make a statement fail, a case per file of `tests/fixtures/rows`; and `migrate` then
//! does as foretold.

mod random; // random tables and statements: the plan's answers against what migrate does

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::Value;

use crate::support::{Gate, Outcome, TestDatabase, eventually};

/// A case as its file tells it.
#[derive(Debug, Default)]
struct Case {
    name: String,
    base: String,
    pending: Vec<String>,
    expected: Vec<Expected>,
    migrate: Option<i32>,
    since: u32,
}

/// `refused 2/3: text`.
#[derive(Debug)]
struct Expected {
    answer: String,
    /// The revision's file.
    file: String,
    line: u64,
    text: String,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/rows");
    let files = std::fs::read_dir(root).expect("the cases").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|it| it == "sql")).collect();
    files.sort();
    let named = |file: &std::path::PathBuf| file.file_stem().expect("a name").to_string_lossy().into_owned();
    files.iter().map(|file| read(named(file), &std::fs::read_to_string(file).expect("a case"))).collect()
}

fn read(name: String, text: &str) -> Case {
    let mut case = Case { name, ..Case::default() };
    let mut section = "";
    for line in text.lines() {
        match (line, section) {
            ("-- base" | "-- then", _) => section = &line[3..],
            ("-- pending", _) => {
                section = "pending";
                case.pending.push(String::new());
            }
            (_, "base") => case.base.push_str(&format!("{line}\n")),
            (_, "pending") => case.pending.last_mut().expect("begun").push_str(&format!("{line}\n")),
            (_, "then") => expectation(&mut case, line.strip_prefix("-- ").unwrap_or_else(|| panic!("{line:?}"))),
            _ => case.since = line.strip_prefix("-- since: ").map_or(case.since, |it| it.parse().expect("a version")),
        }
    }
    case
}

fn expectation(case: &mut Case, line: &str) {
    if let Some(code) = line.strip_prefix("migrate: ") {
        case.migrate = Some(code.parse().expect("an exit code"));
        return;
    }
    let (words, text) = line.split_once(": ").unwrap_or((line, ""));
    let (answer, place) = words.rsplit_once(' ').expect("`refused 2`");
    let (revision, line) = place.split_once('/').unwrap_or(("1", place));
    let revision: usize = revision.parse().expect("a number");
    case.expected.push(Expected {
        answer: answer.replace(' ', "_"),
        file: file(revision - 1),
        line: line.parse().expect("a line"),
        text: text.to_owned(),
    });
}

fn file(pending: usize) -> String {
    format!("{:04}_pending.sql", pending + 2)
}

#[test]
fn rows_say_beforehand_what_migrate_then_meets() {
    let cases = cases();
    let failed: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let outcome = catch_unwind(AssertUnwindSafe(|| check(case)));
            let why = outcome.err()?;
            let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
            Some(format!("\n=== tests/fixtures/rows/{}.sql\n{why}\n", case.name))
        })
        .collect();
    assert!(failed.is_empty(), "{} of {} cases:\n{}", failed.len(), cases.len(), failed.concat());
}

fn check(case: &Case) {
    let database = TestDatabase::new();
    if database.cluster().version() < case.since {
        return;
    }
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    gate.write("0001_base.sql", &case.base);
    gate.with(["migrate"]).run().expect(0);
    for (at, text) in case.pending.iter().enumerate() {
        gate.write(&file(at), text);
    }
    let plan = gate.with(["plan", "--check-data", "--json"]).run();
    let document = plan.json();
    for expected in &case.expected {
        says(expected, &document);
    }
    let outcome = gate.with(["migrate"]).run();
    agrees(case, (&document, &plan), &outcome);
}

fn statements(document: &Value) -> Vec<&Value> {
    let revisions = document["revisions"].as_array().into_iter().flatten();
    revisions.flat_map(|revision| revision["statements"].as_array().into_iter().flatten()).collect()
}

fn rows_of(statement: &Value) -> Vec<&Value> {
    statement["rows"].as_array().into_iter().flatten().collect()
}

fn says(expected: &Expected, document: &Value) {
    let is_it = |statement: &&Value| statement["file"] == expected.file.as_str() && statement["line"] == expected.line;
    let statement = statements(document).into_iter().find(is_it);
    let statement = statement.unwrap_or_else(|| panic!("no statement for {expected:?}: {document:#}"));
    if expected.answer == "silent" {
        assert_eq!(statement.get("rows"), None, "{expected:?}");
        return;
    }
    let is_said = rows_of(statement).into_iter().any(|row| {
        let answer: &Value = &row["answer"];
        *answer == expected.answer.as_str() && words(row).contains(&expected.text)
    });
    assert!(is_said, "{expected:?} is not said: {statement:#}");
}

fn words(row: &Value) -> String {
    let found: Vec<&str> = row["found"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    [found.join("\n"), text("demand"), text("because")].join("\n")
}

/// The first statement that the plan calls refused is where `migrate` fails, with the same words.
fn agrees(case: &Case, (document, plan): (&Value, &Outcome), outcome: &Outcome) {
    let refused = case.expected.iter().find(|expected| expected.answer == "refused");
    let code = case.migrate.unwrap_or(if refused.is_some() { 65 } else { 0 });
    assert_eq!(outcome.code, Some(code), "migrate; {plan}{outcome}");
    let is_foretold = refused.is_some() && code != 0;
    assert_eq!(plan.code, Some(if is_foretold { 65 } else { 0 }), "plan; {plan}");
    if let Some(refused) = refused.filter(|_| is_foretold) {
        assert!(plan.stderr.contains("LG0605"), "{plan}");
        assert_eq!(document["state"], "refused");
        let place = format!("{}:{}:", refused.file, refused.line);
        // A demand that rows break, or an answer that is another than is expected.
        let is_failed = ["LG0601", "LG0529"].iter().any(|code| outcome.stderr.contains(code));
        assert!(is_failed && outcome.stderr.contains(&place), "{place}; {plan}{outcome}");
        if case.migrate.is_none() {
            assert!(outcome.stderr.contains(&refused.text), "{:?}; {outcome}", refused.text);
        }
    }
}

/// A table with a row that a pending statement finds wrong.
fn pending(script: &str) -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    gate.write(
        "0001_base.sql",
        "CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t VALUES (1, -1, 'the value')",
    );
    gate.with(["migrate"]).run().expect(0);
    gate.write("0002_next.sql", script);
    (database, gate)
}

#[test]
fn without_the_flag_nothing_is_asked_and_nothing_is_said() {
    let (_database, gate) = pending("ALTER TABLE t ADD CHECK (a > 0)");
    let plan = gate.with(["plan", "--json"]).run().expect(0).json();
    let statement = &plan["revisions"][0]["statements"][0];
    assert_eq!((statement.get("rows"), plan.get("refused_by_rows")), (None, None));
}

#[test]
fn a_person_reads_the_rows_below_the_statement_and_the_way_to_see_them() {
    let (_database, gate) = pending("ALTER TABLE t ADD CHECK (id > 0);\nALTER TABLE t ADD CHECK (a > 0)");
    let plan = gate.with(["plan", "--check-data"]).run().expect(65);
    for line in [
        "rows: none violates CHECK (id > 0)",
        "refused: 1 row of t violates CHECK (a > 0): id 1 (a -1)",
        "  help: SELECT * FROM t WHERE NOT (a > 0);",
        "a run would end at the first statement that rows refuse",
    ] {
        assert!(plan.stdout.contains(line), "{line}; {plan}");
    }
    assert!(plan.stderr.contains("LG0605") && plan.stderr.contains("rows refuse 1 pending statement"), "{plan}");
}

#[test]
fn a_question_is_read_only_and_takes_no_lock_beyond_that_of_a_reader() {
    let (database, gate) = pending("ALTER TABLE t ADD CHECK (a > 0); ALTER TABLE t ALTER b TYPE int USING b::int");
    let writer = database.session();
    writer.sql("BEGIN; LOCK TABLE t IN EXCLUSIVE MODE");
    let plan = gate.with(["plan", "--check-data"]).run().expect(65);
    assert!(plan.stdout.contains("'the value' in 1 row (id 1) is no int for t.b"), "{plan}");
}

#[test]
fn a_question_does_not_queue_behind_an_alter() {
    // The definitions of the chain's own tables are read before, and wait too.
    let (database, gate) = pending("ALTER DOMAIN d ADD CHECK (VALUE > 0)");
    database.sql("CREATE DOMAIN d AS int; CREATE TABLE others (d d)");
    let other = database.session();
    other.sql("BEGIN; LOCK TABLE others IN ACCESS EXCLUSIVE MODE");
    let plan = gate.with(["plan", "--check-data"]).run().expect(0);
    assert!(plan.stdout.contains("and are not asked: another session holds a lock that is in the way"), "{plan}");
}

#[test]
fn a_question_ends_with_its_timeout_and_the_next_one_is_asked() {
    let (database, gate) = pending("ALTER TABLE t ADD CHECK (slow()); ALTER TABLE t ADD CHECK (a > 0)");
    database.sql("CREATE FUNCTION slow() RETURNS boolean STABLE LANGUAGE sql AS 'SELECT pg_sleep(600) IS NOT NULL'");
    let plan = gate.with(["plan", "--check-data"]).env("LOCKGATE_CHECK_DATA_TIMEOUT", "300ms").run().expect(65);
    assert!(plan.stdout.contains("it took longer than LOCKGATE_CHECK_DATA_TIMEOUT"), "{plan}");
    assert!(plan.stdout.contains("refused: 1 row of t violates CHECK (a > 0)"), "{plan}");
}

#[test]
fn a_signal_ends_the_question_on_the_server() {
    let (database, gate) = pending("ALTER TABLE t ADD CHECK (slow()); ALTER TABLE t ADD CHECK (slow())");
    database.sql("CREATE FUNCTION slow() RETURNS boolean STABLE LANGUAGE sql AS 'SELECT pg_sleep(600) IS NOT NULL'");
    let asks = || {
        let sleeping =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        database.value(sleeping)
    };
    let running = gate.with(["plan", "--check-data"]).spawn();
    eventually("the question is asked", || asks() == "1");
    running.terminate();
    running.wait_patiently().expect(143);
    eventually("the question is over", || asks() == "0");
}

#[test]
fn a_role_that_may_not_read_the_rows_is_told_so() {
    let (database, gate) = pending("ALTER TABLE t ADD CHECK (a > 0)");
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "REVOKE ALL ON t FROM PUBLIC; GRANT SELECT ON lockgate_history TO {role}; GRANT CREATE ON SCHEMA public TO {role}"
    ));
    let plan = gate.with(["plan", "--check-data"]).env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).run();
    assert!(plan.stdout.contains("the role lacks the right to read it"), "{plan}");
}

#[test]
fn rows_that_row_security_hides_are_not_called_kept() {
    let (database, gate) = pending("ALTER TABLE t ADD CHECK (a > 0)");
    let role = database.cluster().role("LOGIN");
    database.sql(&format!(
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; ALTER TABLE t OWNER TO {role};
         GRANT CREATE ON SCHEMA public TO {role}; GRANT ALL ON lockgate_history TO {role}"
    ));
    let gate = gate.with(["plan", "--check-data"]).env("LOCKGATE_TRUSTED_OWNERS", &role);
    let plan = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).run();
    assert!(plan.stdout.contains("row security hides rows from the role"), "{plan}");
}

#[test]
fn what_stands_in_the_rows_is_not_in_the_termination_message() {
    let (_database, gate) = pending("ALTER TABLE t ADD CHECK (length(b) < 3)");
    let plan = gate.with(["plan", "--check-data"]).run().expect(65);
    assert!(plan.stdout.contains("the value") && !plan.termination_log.contains("the value"), "{plan}");
}
