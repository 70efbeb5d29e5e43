//! Scripts with secrets in them: a case per file of `tests/fixtures/secrets`, whose README says how to write one.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Mutex;

use super::{SECRET, records_quietly, serves_quietly, silent};
use crate::support::{Gate, TestDatabase, eventually};

struct Case {
    name: String,
    sql: String,
    exit: i32,
    before: Vec<String>,
}

fn cases() -> Vec<Case> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/secrets");
    let files = std::fs::read_dir(directory).expect("the cases").map(|entry| entry.expect("a case").path());
    let mut cases: Vec<Case> =
        files.filter(|file| file.extension().is_some_and(|end| end == "sql")).map(case).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(cases.len() >= 40);
    cases
}

fn case(file: impl AsRef<Path>) -> Case {
    let name = file.as_ref().file_stem().expect("a name").to_string_lossy().into_owned();
    let sql = std::fs::read_to_string(file).expect("a case");
    assert!(sql.contains(SECRET), "{name} holds no {SECRET}");
    let of = |head: &str| sql.lines().filter_map(|line| line.strip_prefix(head)).map(str::to_owned).collect::<Vec<_>>();
    let exit = of("-- exit: ").first().map_or(0, |exit| exit.parse().expect("an exit code"));
    Case { exit, before: of("-- before: "), name, sql }
}

/// Several at a time; every one that fails is named.
fn each(test: impl Fn(&Case) + Sync) {
    let (queue, failed) = (Mutex::new(cases()), Mutex::new(Vec::new()));
    let next = || queue.lock().expect("no panic while it is held").pop();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&case))) {
                        failed.lock().expect("no panic while it is held").push((case.name, panic));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic while it was held");
    let names: Vec<_> = failed.iter().map(|(name, _)| name.as_str()).collect();
    println!("{} cases failed: {}", names.len(), names.join(", "));
    if let Some((_, panic)) = failed.into_iter().next() {
        resume_unwind(panic);
    }
}

/// A database after the SQL that comes before the case, and a gate for the case.
fn prepared(case: &Case) -> (TestDatabase, Gate, String) {
    let database = TestDatabase::new();
    let (role, new) = (database.cluster().role("NOLOGIN"), format!("new_{}", database.name()));
    let fill = |sql: &str| sql.replace("{database}", database.name()).replace("{role}", &role).replace("{new}", &new);
    case.before.iter().for_each(|sql| database.sql(&fill(sql)));
    let gate = Gate::new(&database).chain(&[("0001_case.sql", &fill(&case.sql))]);
    let gate = gate.env("LOCKGATE_LOG", "trace").env("LOCKGATE_FIRST_CONTACT", "migrate");
    (database, gate, new)
}

#[test]
fn no_secret_of_a_script_is_told_by_a_plan_a_run_or_what_is_recorded() {
    each(|case| {
        let (database, gate, new) = prepared(case);
        let textfile = gate.file("metrics.prom");
        let gate = gate.env("LOCKGATE_METRICS_TEXTFILE", &textfile);
        for (arguments, format) in [
            (&["plan", "--check-data"][..], "text"),
            (&["plan", "--json"], "json"),
            (&["plan", "--first-contact=prove"], "text"),
            (&["status", "--first-contact=prove"], "text"),
            (&["migrate"], "text"),
            (&["migrate"], "json"),
            (&["status", "--json"], "json"),
            (&["history"], "text"),
            (&["history", "--json"], "json"),
        ] {
            let outcome = gate.with(arguments).env("LOCKGATE_LOG_FORMAT", format).run();
            let run = format!("{}: {arguments:?}, {format}", case.name);
            silent(&run, &outcome.to_string());
            if arguments == ["migrate"] {
                assert_eq!(outcome.code, Some(case.exit), "{run}: {outcome}");
            }
            assert!(!outcome.to_string().contains("panicked"), "{run}: {outcome}");
        }
        silent(&case.name, &std::fs::read_to_string(textfile).expect("metrics"));
        records_quietly(&database);
        database.sql(&format!("DROP SUBSCRIPTION IF EXISTS sub; DROP ROLE IF EXISTS {new}"));
    });
}

#[test]
fn no_secret_of_a_script_is_served() {
    each(|case| {
        let (database, gate, new) = prepared(case);
        let gate = gate.with(["serve"]).env("LOCKGATE_LOG_FORMAT", "json").env("LOCKGATE_LINGER", "10m");
        let mut running = gate.spawn();
        if case.exit == 0 {
            running.answers("/ready", 200);
        } else {
            eventually("it has failed", || running.http_get("/status").json()["phase"] == "failed");
        }
        serves_quietly(&mut running);
        running.terminate();
        let outcome = running.wait_patiently().expect(case.exit);
        silent(&case.name, &outcome.to_string());
        database.sql(&format!("DROP SUBSCRIPTION IF EXISTS sub; DROP ROLE IF EXISTS {new}"));
    });
}

/// The reading of a script, or its errors.
fn told(text: &str) -> String {
    let directives = match lockgate::chain::directive::read(text) {
        Ok(directives) => directives,
        Err(error) => return format!("{error:?}"),
    };
    match lockgate::statement::read(text, &directives) {
        Err(errors) => errors.iter().fold(String::new(), |mut told, error| {
            writeln!(told, "{error}").expect("memory");
            told
        }),
        Ok(script) => script
            .statements
            .iter()
            .map(|statement| {
                let excerpt = lockgate::statement::excerpt("a.sql", text, statement, None);
                let sql = lockgate::sql::without_secrets(&text[statement.range.clone()], statement.secrecy);
                format!("{}\n{excerpt}\n{sql}\n{:?}\n", statement.shown(text), statement.tag)
            })
            .collect(),
    }
}

#[test]
fn no_secret_of_a_script_is_told_where_a_quote_is_missing_or_its_end() {
    each(|case| {
        let sql = case.sql.replace(['{', '}'], "");
        let quotes = sql.match_indices(['\'', '$']).map(|(at, _)| [&sql[..at], &sql[at + 1..]].concat());
        let ends = sql.char_indices().map(|(at, _)| sql[..at].to_owned());
        let doubled = sql.match_indices('\'').map(|(at, _)| [&sql[..at], "'", &sql[at..]].concat());
        lockgate::sql::with_room(|| {
            for text in quotes.chain(ends).chain(doubled) {
                silent(&format!("{}, as\n{text}", case.name).replace(SECRET, "*"), &told(&text));
            }
        });
    });
}
