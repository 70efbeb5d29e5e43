//! Allowed and refused scripts: a case per file of `tests/fixtures/script`, whose README explains the format.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;

use crate::support::{Gate, Outcome, TestDatabase};

/// The first lines of a file.
#[derive(Debug, Default)]
struct Case {
    name: String,
    sql: Vec<u8>,
    expect: Vec<Expected>,
    /// Queries and their only values.
    then: Vec<(String, String)>,
    says: Vec<String>,
    hides: Vec<String>,
    /// The first major version that accepts the SQL of the case.
    since: u32,
}

/// `refused 3:1 "COMMIT in a script"`.
#[derive(Debug)]
struct Expected {
    outcome: String,
    place: Option<String>,
    sqlstate: Option<String>,
    text: String,
}

#[test]
fn what_a_script_may_hold_is_applied_and_outlived_by_nothing() {
    each("applied", |case| {
        let database = TestDatabase::new();
        let outcome = gate(&database, case).run().expect(0);
        says(case, &outcome);
        for (query, value) in &case.then {
            assert_eq!(&database.value(query), value, "{query}");
        }
        assert_eq!(history(&database), "0001 done app, 0002 done app, 0003 done app");
        assert_eq!(database.query_text("SELECT * FROM public.afterwards"), *after_a_plain_script());
    });
}

#[test]
fn what_a_script_may_not_hold_is_refused_by_place_and_nothing_runs() {
    each("refused", |case| refused(case, "LG0203"));
}

#[test]
fn a_failing_statement_is_named_by_place_and_its_revision_leaves_nothing() {
    each("failed", |case| {
        let database = TestDatabase::new();
        let gate = gate(&database, case);
        let outcome = gate.run().expect(65);
        assert!(outcome.stderr.contains("error[LG0601]"), "{outcome}");
        says(case, &outcome);
        assert_eq!(history(&database), "0001 done app");
        assert_eq!(tables(&database), "before_it lockgate_history");

        gate.write("0002_case.sql", "SELECT 'corrected'");
        gate.run().expect(0);
        assert_eq!(history(&database), "0001 done app, 0002 done app, 0003 done app");
    });
}

#[test]
fn a_script_that_ends_its_transaction_unseen_is_not_recorded() {
    each("ended-itself", |case| {
        let database = TestDatabase::new();
        let outcome = gate(&database, case).run().expect(65);
        assert!(outcome.stderr.contains("error[LG0603]"), "{outcome}");
        says(case, &outcome);
        assert_eq!(history(&database), "0001 done app");
    });
}

fn refused(case: &Case, code: &str) {
    let database = TestDatabase::new();
    let outcome = gate(&database, case).run().expect(65);
    assert!(outcome.stderr.contains(&format!("error[{code}]")), "{outcome}");
    says(case, &outcome);
    let problems = outcome.stderr.lines().filter(|line| line.starts_with("  0002_case.sql:")).count();
    assert_eq!(problems, case.expect.len(), "more is wrong than expected; {outcome}");
    assert_eq!(tables(&database), "");
}

/// The case between a revision that comes before and one that records the state of the session after it.
fn gate(database: &TestDatabase, case: &Case) -> Gate {
    let gate = Gate::new(database).args(["migrate"]).env("LOCKGATE_LOG_FORMAT", "text");
    gate.write("0001_before.sql", "CREATE TABLE before_it ()");
    gate.write("0002_case.sql", &case.sql);
    gate.write("0003_after.sql", AFTERWARDS);
    gate
}

/// All that a script could leave to the next: the current role, every setting that differs from the beginning of the session,
/// temporary objects.
const AFTERWARDS: &str = "CREATE TABLE public.afterwards AS SELECT current_user::text, session_user::text,
    current_schemas(false)::text AS path,
    (SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
        WHERE source NOT IN ('default', 'configuration file') AND name <> 'application_name') AS settings,
    (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()) AS temporary,
    (SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'lockgate%') AS prepared,
    (SELECT count(*) FROM pg_cursors WHERE is_holdable) AS cursors,
    (SELECT count(*) FROM pg_listening_channels()) AS channels";

fn after_a_plain_script() -> &'static Vec<Vec<String>> {
    static ROW: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    ROW.get_or_init(|| {
        let database = TestDatabase::new();
        gate(&database, &Case { sql: b"SELECT 1".into(), ..Case::default() }).run().expect(0);
        let row = database.query_text("SELECT * FROM public.afterwards");
        assert_eq!(row[0][..3], ["app", "app", "{public}"]);
        assert_eq!(row[0][4..], ["0", "0", "0", "0"]);
        row
    })
}

fn history(database: &TestDatabase) -> String {
    let rows = "SELECT string_agg(concat_ws(' ', revision, state, applied_by), ', ' ORDER BY depth)";
    database.value(&format!("{rows} FROM public.lockgate_history"))
}

fn tables(database: &TestDatabase) -> String {
    let names = database.query_text(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename !~ '_events' ORDER BY 1",
    );
    names.concat().join(" ")
}

#[track_caller]
fn says(case: &Case, outcome: &Outcome) {
    for expected in case.expect.iter().filter(|expected| expected.outcome != "applied") {
        let place = expected.place.as_ref().map(|place| format!(":{place}: ")).unwrap_or_default();
        let line = format!("0002_case.sql{place}");
        let line = outcome.stderr.lines().find(|said| said.contains(&line) && said.contains(&expected.text));
        assert!(line.is_some(), "{expected:?} is not said; {outcome}");
        let sqlstate = expected.sqlstate.as_ref().map(|sqlstate| format!("SQLSTATE {sqlstate}"));
        assert!(outcome.stderr.contains(sqlstate.as_deref().unwrap_or_default()), "{sqlstate:?}; {outcome}");
    }
    for text in &case.says {
        assert!(outcome.stderr.contains(text), "it does not say {text:?}; {outcome}");
    }
    for text in &case.hides {
        let shown = format!("{}{}", outcome.stderr, outcome.termination_log);
        assert!(!shown.contains(text), "it says {text:?}; {outcome}");
    }
}

/// Checks every case of this outcome, and names all that fail.
#[track_caller]
fn each(outcome: &str, check: impl Fn(&Case)) {
    let version = TestDatabase::new().cluster().version();
    let (cases, later): (Vec<Case>, Vec<Case>) =
        cases().into_iter().filter(|case| case.expect[0].outcome == outcome).partition(|case| case.since <= version);
    assert!(!cases.is_empty());
    for case in later {
        eprintln!("skipped: {}: PostgreSQL {version} does not know it", case.name);
    }
    let failed = cases.iter().filter(|case| catch_unwind(AssertUnwindSafe(|| check(case))).is_err());
    let failed: Vec<&str> = failed.map(|case| case.name.as_str()).collect();
    assert!(failed.is_empty(), "tests/fixtures/script: {}", failed.join(", "));
}

fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/script");
    let files = std::fs::read_dir(directory).expect("the cases").map(|entry| entry.expect("an entry").path());
    let mut cases: Vec<Case> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "sql"))
        .map(|file| {
            let sql = std::fs::read(&file).expect("a case");
            read(file.file_name().expect("a name").to_string_lossy().into_owned(), sql)
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

fn read(name: String, sql: Vec<u8>) -> Case {
    let mut case = Case { name, ..Case::default() };
    let text = String::from_utf8_lossy(&sql);
    let mut query = None;
    for line in text.lines().map_while(|line| line.strip_prefix("-- ")) {
        match line.split_once(": ") {
            Some(("expect", words)) => case.expect.push(expected(&case.name, words)),
            Some(("then", sql)) => query = Some(sql.to_owned()),
            Some(("is", value)) => case.then.push((query.take().expect("`then` before `is`"), value.to_owned())),
            Some(("says", text)) => case.says.push(text.to_owned()),
            Some(("hides", text)) => case.hides.push(text.to_owned()),
            Some(("since", version)) => case.since = version.parse().expect("a major version"),
            _ => break,
        }
    }
    assert!(!case.expect.is_empty() && query.is_none(), "{}: begin with `-- expect:`", case.name);
    case.sql = sql;
    case
}

fn expected(name: &str, words: &str) -> Expected {
    let (words, text) = words.split_once('"').map_or((words, ""), |(words, text)| (words, text.trim_end_matches('"')));
    // A text that ends with a quote of its own keeps it: `"relation "t""`.
    let text = if text.matches('"').count() % 2 == 1 { format!("{text}\"") } else { text.to_owned() };
    let mut words = words.split_whitespace();
    let outcome = words.next().unwrap_or_default().to_owned();
    let known = ["applied", "refused", "failed", "ended-itself"];
    assert!(known.contains(&outcome.as_str()), "{name}: expect {outcome:?}");
    let (sqlstates, places): (Vec<&str>, Vec<&str>) = words.partition(|word| word.len() == 5 && !word.contains(':'));
    let one = |list: &[&str]| list.first().map(|&word| word.to_owned());
    Expected { outcome, place: one(&places), sqlstate: one(&sqlstates), text }
}
