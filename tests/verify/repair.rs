//! Each drift of the matrix, repaired: the schema then equals the snapshot, or every difference is reported with its reason; no
//! row is lost.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::command::{can_be_dumped, client};
use super::matrix::{Case, cases};
use super::{cells, schema};
use crate::support::{Cluster, Gate, Session, TestDatabase, cluster, long_tests_are_wanted};

/// A database at head with its snapshot, of which each case gets a copy.
pub struct Base {
    pub database: TestDatabase,
    chain: Vec<(String, String)>,
    snapshot: String,
    /// The schema as pg_dump writes it; none in a short run.
    dump: Option<Vec<String>>,
}

/// The lines of a dump without their order: the columns of a table are a set. The name of a NOT NULL says nothing, and a list is
/// written in two ways by the server, which differ in their casts.
fn dump(cluster: &Cluster, database: &str) -> Vec<String> {
    let text = client(cluster, "pg_dump", &["-s", database]);
    let is_told = |line: &&str| !["--", "\\"].iter().any(|start| line.starts_with(start));
    let told = text.lines().map(str::trim).filter(is_told);
    let mut lines: Vec<String> =
        told.map(|line| without_casts_of_lists(without_names(line.trim_end_matches(',')))).collect();
    lines.retain(|line| !line.is_empty());
    lines.sort_unstable();
    lines
}

fn without_names(line: &str) -> String {
    let mut words: Vec<&str> = line.split(' ').collect();
    let named = words.windows(4).position(|it| it[0] == "CONSTRAINT" && it[2..] == ["NOT", "NULL"]);
    named.into_iter().for_each(|at| _ = words.drain(at..at + 2));
    words.join(" ")
}

fn without_casts_of_lists(line: String) -> String {
    if !line.contains("ARRAY[") {
        return line;
    }
    let plain = line.replace("::character varying", "").replace("::text", "").replace("[])", ")");
    plain.replace(['(', ')'], "").replace("][]", "]")
}

/// The lines that one of two sorted lists has alone.
fn alone<'l>(lines: &'l [String], others: &[String]) -> Vec<&'l String> {
    lines.iter().filter(|line| others.binary_search(line).is_err()).collect()
}

impl Base {
    pub fn new(chain: &[(String, String)]) -> Self {
        let database = TestDatabase::new();
        let gate = Self::gate_of(chain, &database.url());
        gate.with(["migrate"]).run().expect(0);
        gate.with(["snapshot", "--database"]).run().expect(0);
        let snapshot = gate.read("schema.lockgate.json");
        let cluster = database.cluster();
        let dump = (long_tests_are_wanted() && can_be_dumped(cluster)).then(|| dump(cluster, database.name()));
        Self { database, chain: chain.to_vec(), snapshot, dump }
    }

    fn gate_of(chain: &[(String, String)], url: &str) -> Gate {
        let files: Vec<(&str, &str)> = chain.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
        Gate::at(url).env("LOCKGATE_LOG_FORMAT", "text").chain(&files)
    }

    fn copy(&self, admin: &Session) -> (String, String, Gate) {
        let name = cluster::unique("repair");
        admin.sql(&format!("CREATE DATABASE {name} TEMPLATE {}", self.database.name()));
        let url = self.database.url().replace(self.database.name(), &name);
        let scratch = self.database.url().replace(self.database.name(), "postgres");
        let gate = Self::gate_of(&self.chain, &url);
        let gate = gate.env("LOCKGATE_SCRATCH_URL", scratch).env("LOCKGATE_SCRATCH_IS_MINE", "yes");
        gate.write("schema.lockgate.json", &self.snapshot);
        (name, url, gate)
    }

    fn repair(&self) -> String {
        format!("{:04}_repair.sql", self.chain.len() + 1)
    }
}

/// The schema of the drifts, as one revision.
pub fn of_drifts(cluster: &Cluster) -> Vec<(String, String)> {
    vec![("0001_base.sql".to_owned(), schema(cluster))]
}

/// The values of every column of the snapshot's tables that is there, sorted, and with `computed` of those that hold no value of their
/// own. A label counts by its number: its name may change.
fn values(session: &Session, snapshot: &str, computed: bool) -> BTreeMap<String, String> {
    let columns = session.query_text(&format!(
        "SELECT c.oid::regclass::text, quote_ident(a.attname), CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'plain' END \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND ({computed} OR a.attgenerated = '') \
         JOIN pg_type t ON t.oid = a.atttypid \
         WHERE c.relkind = 'r' AND n.nspname IN ('public', 'side') AND c.relname NOT LIKE 'lockgate%'"
    ));
    let is_wanted = |table: &str, column: &str| snapshot.contains(&format!("\"column {table}.{column}\""));
    let wanted = columns.into_iter().filter(|row| is_wanted(&row[0], &row[1]));
    wanted
        .map(|row| {
            let (table, column) = (&row[0], &row[1]);
            let text = match row[2].as_str() {
                "enum" => format!(
                    "(SELECT e.oid::text FROM pg_enum e WHERE e.enumtypid = pg_typeof({column}) AND e.enumlabel = {column}::text)"
                ),
                // A cast may be the user's own.
                _ => format!("pg_catalog.format('%s', {column})"),
            };
            let value = session
                .value(&format!("SELECT coalesce(string_agg(v.v, '|' ORDER BY v.v), '') FROM (SELECT {text} AS v FROM ONLY {table}) AS v"));
            (format!("{table}.{column}"), value)
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone, Copy)]
pub enum End {
    /// The schema is as the snapshot.
    Repaired,
    /// The remaining differences are objects that the chain does not have.
    Kept,
    /// The remaining differences are reported, each with its reason.
    Said,
    /// It ended differently from its report.
    Wrong,
}

fn end(case: &Case, base: &Base, admin: &Session) -> (End, String) {
    let (name, url, gate) = base.copy(admin);
    let session = Session::open(&url);
    let drifted = session.try_sql(&case.sql);
    assert!(drifted.is_ok(), "{}: the drift itself fails: {drifted:?}", case.name);
    let before = values(&session, &base.snapshot, false);
    let repaired = gate.with(["repair", "--apply"]).run();
    // Notes are told where all is read.
    let verified = gate.with(["verify", "--full", "--json"]).run();
    let after = values(&session, &base.snapshot, true);
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
    // A gate stays closed if differences are left.
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
    // A note reports another name, or an object that is better than the chain requires.
    let is_same = report["lines"].as_array().is_none_or(Vec::is_empty);
    let dumped = match &base.dump {
        Some(wanted) if end == End::Repaired && is_same && !case.leaves_strangers() => {
            let dump = dump(base.database.cluster(), &name);
            format!("{:?} {:?}", alone(wanted, &dump), alone(&dump, wanted)).replace("[] []", "")
        }
        _ => String::new(),
    };
    let unharmed = if end == End::Repaired { healthy(base, admin, &gate) } else { String::new() };
    let second =
        if end == End::Repaired { gate.with(["repair", "--dry-run"]).run().expect(0).stdout } else { String::new() };
    let file = if repaired.code == Some(0) && gate.chain_directory().join(base.repair()).exists() {
        gate.read(&base.repair())
    } else {
        String::new()
    };
    admin.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
    let is_over = second.is_empty() || second.starts_with("nothing to repair");
    let is_proved = end != End::Repaired || !repaired.stdout.contains(", unproved: ");
    let end = if is_over && is_proved && unharmed.is_empty() && dumped.is_empty() { end } else { End::Wrong };
    (end, format!("lost {lost:?}, left {left:?}; dumped {dumped}; {unharmed}\n{repaired}\n{file}"))
}

/// Runs the repair on a healthy copy, where it must skip every statement. Returns an account of all that ran anyway.
fn healthy(base: &Base, admin: &Session, broken: &Gate) -> String {
    let (name, url, gate) = base.copy(admin);
    let gate = gate.migrations(broken.chain_directory());
    let migrated = gate.with(["migrate"]).run();
    let ran = Session::open(&url).query_text(&format!(
        "SELECT c.key, c.value FROM lockgate_history h, jsonb_each_text(h.verdicts -> 'counts') c \
         WHERE h.depth = {} AND c.value <> '0' AND c.key <> 'satisfied'",
        base.chain.len() + 1
    ));
    admin.sql(&format!("DROP DATABASE {name} WITH (FORCE)"));
    match (migrated.code, ran.is_empty()) {
        (Some(0), true) => String::new(),
        _ => format!("on a healthy database it ran {ran:?}: {migrated}"),
    }
}

pub fn committed(cluster: &Cluster) -> impl Iterator<Item = Case> + use<> {
    let version = cluster.version();
    cases().into_iter().filter(move |case| case.since <= version && case.stays_in_its_database())
}

pub fn ends(chain: &[(String, String)], cases: Vec<Case>, cluster: &Cluster) -> Vec<(End, String, String)> {
    let workers = cases.len().min(2);
    let (cases, ends) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let work = || {
        let base = Base::new(chain);
        let admin = cluster.session("postgres");
        loop {
            let Some(case) = cases.lock().expect("the cases").pop() else { return };
            let (end, words) = end(&case, &base, &admin);
            ends.lock().expect("the list").push((end, case.name.clone(), words));
        }
    };
    std::thread::scope(|scope| {
        (0..workers).for_each(|_| _ = scope.spawn(work));
    });
    let mut ends = ends.into_inner().expect("the list");
    ends.sort();
    ends
}

pub fn none_is_wrong(ends: &[(End, String, String)]) {
    let count = |wanted: End| ends.iter().filter(|(end, ..)| *end == wanted).count();
    println!(
        "{} drifts: {} repaired, {} kept, {} said",
        ends.len(),
        count(End::Repaired),
        count(End::Kept),
        count(End::Said)
    );
    for (end, name, words) in ends.iter().filter(|(end, ..)| matches!(end, End::Said | End::Kept)) {
        words.lines().filter(|line| line.starts_with("not done")).for_each(|line| println!("{end:?} {name}: {line}"));
    }
    let wrong =
        ends.iter().filter(|(end, ..)| *end == End::Wrong).map(|(_, name, words)| format!("=== {name}: {words}"));
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} ended wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn each_drift_is_repaired_or_said_why_not_and_no_row_is_lost() {
    let cluster = Cluster::shared();
    let step = if long_tests_are_wanted() { 1 } else { 24 };
    let wanted = std::env::var("LOCKGATE_TEST_DRIFT").unwrap_or_default();
    let cases = committed(&cluster).filter(|case| case.name.contains(&wanted));
    let cases = cases.step_by(if wanted.is_empty() { step } else { 1 }).collect();
    none_is_wrong(&ends(&of_drifts(&cluster), cases, &cluster));
}

#[test]
fn each_drift_of_a_kind_is_repaired_or_said_from_its_own_beginning() {
    let cluster = Cluster::shared();
    let wanted = std::env::var("LOCKGATE_TEST_DRIFT").unwrap_or_default();
    let of = |case: cells::Case| {
        let chain = [of_drifts(&cluster), vec![("0002_before.sql".to_owned(), case.before)]].concat();
        (chain, Case { name: case.name, expected: [].into(), since: case.since, sql: case.drift })
    };
    let cases = cells::own_cases().into_iter().filter(|case| case.since <= cluster.version() && !case.privileges);
    let cases = cases.filter(|case| case.name.contains(&wanted) && !case.before.trim().is_empty()).map(of);
    let cases = cases.filter(|(chain, case)| case.stays_in_its_database() && !chain[1].1.contains("SUBSCRIPTION"));
    let step = if long_tests_are_wanted() || !wanted.is_empty() { 1 } else { 12 };
    // A schema of its own for each.
    none_is_wrong(
        &cases.step_by(step).flat_map(|(chain, case)| ends(&chain, vec![case], &cluster)).collect::<Vec<_>>(),
    );
}

/// A database at head with its snapshot, on whose server a repair is tried.
pub fn verified(chain: &[(&str, &str)]) -> (TestDatabase, Gate) {
    let database = TestDatabase::new();
    let scratch = database.url().replace(database.name(), "postgres");
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_SCRATCH_URL", scratch);
    let gate = gate.env("LOCKGATE_SCRATCH_IS_MINE", "yes").chain(chain);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["snapshot", "--database"]).run().expect(0);
    (database, gate)
}

pub const USERS: &[(&str, &str)] = &[(
    "0001_users.sql",
    "CREATE TABLE users (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, mail varchar(30));\n\
     CREATE VIEW mails AS SELECT mail FROM users;\nCOMMENT ON VIEW mails IS 'all of them';\nCREATE INDEX users_mail ON users (mail)",
)];

#[test]
fn a_repair_is_skipped_in_a_fresh_run() {
    let (database, gate) = verified(USERS);
    database.sql("DROP VIEW mails; ALTER TABLE users ALTER mail TYPE varchar(60); CREATE VIEW mails AS SELECT mail FROM users; DROP INDEX users_mail");
    gate.with(["repair", "--apply"]).run().expect(0);
    gate.with(["verify"]).run().expect(0);
    let fresh = TestDatabase::new();
    let there = gate.env("LOCKGATE_DATABASE_URL", fresh.url());
    there.with(["migrate"]).run().expect(0);
    there.with(["verify"]).run().expect(0);
    let counts = fresh.value("SELECT verdicts ->> 'counts' FROM lockgate_history WHERE depth = 2");
    assert!(counts.contains("satisfied") && !counts.contains("apply") && !counts.contains("run"), "{counts}");
}

#[test]
fn a_view_in_the_way_comes_back_with_its_comment_and_its_grants() {
    let (database, gate) = verified(USERS);
    let role = database.cluster().role("");
    database.sql(&format!(
        "DROP VIEW mails; ALTER TABLE users ALTER mail TYPE varchar(60); CREATE VIEW mails AS SELECT mail FROM users; \
         COMMENT ON VIEW mails IS 'all of them'; GRANT SELECT ON mails TO {role} WITH GRANT OPTION"
    ));
    gate.with(["repair", "--apply"]).run().expect(0);
    gate.with(["verify"]).run().expect(0);
    let may = database.value(&format!("SELECT has_table_privilege('{role}', 'mails', 'SELECT WITH GRANT OPTION')"));
    assert_eq!(may, "t");
}

#[test]
fn values_that_do_not_fit_are_counted_and_kept() {
    let (database, gate) = verified(USERS);
    database.sql(
        "DROP VIEW mails; ALTER TABLE users ALTER mail TYPE varchar(60); CREATE VIEW mails AS SELECT mail FROM users; \
         COMMENT ON VIEW mails IS 'all of them'; INSERT INTO users (mail) VALUES (repeat('x', 40)), (repeat('y', 50)), ('z')",
    );
    let outcome = gate.with(["repair"]).run().expect(3);
    let count = "type differs: 2 values of character varying(60) do not fit into character varying(30)";
    assert!(outcome.stdout.contains(count), "{outcome}");
    assert!(!gate.chain_directory().join("0002_repair.sql").exists());
}

#[test]
fn an_identity_that_is_made_again_goes_on_where_the_rows_end() {
    let (database, gate) = verified(USERS);
    database.sql("INSERT INTO users (mail) VALUES ('a'), ('b'), ('c'); ALTER TABLE users ALTER id DROP IDENTITY");
    gate.with(["repair", "--apply"]).run().expect(0);
    database.sql("INSERT INTO users (mail) VALUES ('d')");
    assert_eq!(database.value("SELECT id FROM users WHERE mail = 'd'"), "4");
}

#[test]
fn what_the_chain_does_not_have_is_dropped_where_that_is_asked_for() {
    let (database, gate) = verified(USERS);
    database.sql("ALTER TABLE users ADD hot_fix text; UPDATE users SET hot_fix = 'x'; CREATE TABLE stray (id int); INSERT INTO stray VALUES (1)");
    let kept = gate.with(["repair"]).run().expect(3);
    assert!(
        kept.stdout.contains("not done    table stray: unexpected: ") && kept.stdout.contains("it holds 1 rows"),
        "{kept}"
    );
    let dry = gate.with(["repair", "--dry-run", "--drop"]).run().expect(0);
    assert!(dry.stdout.contains("-- lockgate:accept destructive\nDROP TABLE IF EXISTS stray;"), "{dry}");
    gate.with(["repair", "--apply", "--drop", "--name", "drop strays"]).run().expect(0);
    assert!(gate.chain_directory().join("0002_drop_strays.sql").exists());
    gate.with(["verify"]).run().expect(0);
}

#[test]
fn without_a_server_to_try_it_on_a_repair_is_unproved() {
    let (database, gate) = verified(USERS);
    database.sql("DROP INDEX users_mail");
    let gate = gate.env_remove("LOCKGATE_SCRATCH_URL").env("LOCKGATE_SCRATCH_BIN", "/nowhere");
    let outcome = gate.with(["repair"]).run().expect(0);
    assert!(outcome.stdout.contains("unproved: there is no scratch server to try it on"), "{outcome}");
    gate.with(["migrate"]).run().expect(0);
    gate.with(["verify"]).run().expect(0);
}

#[test]
fn a_database_that_is_equal_needs_no_repair() {
    let (_database, gate) = verified(USERS);
    let outcome = gate.with(["repair"]).run().expect(0);
    assert!(outcome.stdout.starts_with("nothing to repair"), "{outcome}");
}

#[test]
fn the_rows_of_a_large_table_are_looked_at_in_a_transaction_of_their_own() {
    let (database, gate) = verified(&[(
        "0001_logs.sql",
        "CREATE TABLE users (id int PRIMARY KEY);\n\
         CREATE TABLE logs (id int CHECK (id > 0), by int CONSTRAINT logs_by REFERENCES users, line text);\nALTER TABLE logs ALTER line SET STORAGE PLAIN;",
    )]);
    database.sql(
        "INSERT INTO users VALUES (1); INSERT INTO logs SELECT 1, 1, repeat('x', 7000) FROM generate_series(1, 5000); ANALYZE logs; \
         ALTER TABLE logs DROP CONSTRAINT logs_id_check, DROP CONSTRAINT logs_by",
    );
    gate.with(["repair"]).run().expect(0);
    let script = gate.read("0002_repair.sql");
    for (constraint, table) in [("logs_id_check", "CHECK"), ("logs_by", "FOREIGN KEY")] {
        let place = |text: &str| script.find(text).unwrap_or_else(|| panic!("no {text} in {script}"));
        let added = place(&format!("ADD CONSTRAINT {constraint} {table}"));
        let validated = place(&format!("VALIDATE CONSTRAINT {constraint}"));
        assert!(added < validated && script[added..validated].contains(" NOT VALID;"), "{script}");
        assert!(script[..validated].contains("-- lockgate:no-transaction\n"), "{script}");
    }
    gate.with(["migrate"]).run().expect(0);
    gate.with(["verify"]).run().expect(0);
    gate.with(["repair"]).run().expect(0);
}

#[test]
fn a_column_that_may_have_been_renamed_is_offered_in_both_readings() {
    let (database, gate) = verified(&[(
        "0001_users.sql",
        "CREATE TABLE users (id int PRIMARY KEY, mail text);\nCOMMENT ON COLUMN users.mail IS 'post';",
    )]);
    database.sql("ALTER TABLE users RENAME mail TO post");
    let outcome = gate.with(["repair", "--dry-run"]).run().expect(0);
    for text in [
        "; 0 columns of its table were dropped since that was made or restored\n",
        "-- ALTER TABLE users RENAME COLUMN post TO mail;\n-- or\n-- ALTER TABLE users ADD COLUMN mail text;\n-- COMMENT ON COLUMN users.mail IS 'post';\n",
    ] {
        assert!(outcome.stdout.contains(text), "it does not say {text:?}; {outcome}");
    }
    gate.with(["repair"]).run().expect(3);
}

#[test]
fn the_statements_are_printed_where_no_revision_can_be_written() {
    let database = TestDatabase::new();
    let goose = "-- +goose Up\nCREATE TABLE users (id int PRIMARY KEY, mail text);\nCREATE INDEX users_mail ON users (mail);\n\
                 -- +goose Down\nDROP TABLE users;\n";
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").env("LOCKGATE_SCRATCH_BIN", "/nowhere");
    let gate = gate.chain(&[("00001_users.sql", goose)]);
    gate.with(["migrate"]).run().expect(0);
    let none = gate.with(["repair", "--dry-run"]).run().expect(64);
    assert!(none.stderr.contains("there is no snapshot") && none.stderr.contains("lockgate snapshot"), "{none}");
    gate.with(["snapshot", "--database"]).run().expect(0);
    database.sql("DROP INDEX users_mail");
    let dry = gate.with(["repair", "--dry-run"]).run().expect(0);
    assert!(dry.stdout.contains("\nCREATE INDEX CONCURRENTLY users_mail ON users (mail);\n"), "{dry}");
    let refused = gate.with(["repair"]).run().expect(78);
    assert!(refused.stderr.contains("`lockgate repair --dry-run` prints the statements"), "{refused}");
    let statement = dry.stdout.lines().find(|line| line.starts_with("CREATE INDEX")).expect("the statement");
    database.sql(statement);
    gate.with(["verify"]).run().expect(0);
}

#[test]
fn functions_whose_bodies_name_what_is_missing_too_come_back() {
    let (database, gate) = verified(&[(
        "0001_functions.sql",
        "CREATE TABLE users (id int PRIMARY KEY);\nCREATE TABLE lost (id int PRIMARY KEY);\n\
         CREATE FUNCTION c() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM lost';\n\
         CREATE FUNCTION b() RETURNS bigint LANGUAGE sql AS 'SELECT c()';\n\
         CREATE FUNCTION a() RETURNS bigint LANGUAGE sql AS 'SELECT b()';",
    )]);
    database.sql("DROP FUNCTION a(), b(), c(); DROP TABLE lost");
    let repaired = gate.with(["repair", "--apply"]).run().expect(0);
    assert!(repaired.stdout.contains("tried on a scratch server"), "{repaired}");
    gate.with(["verify"]).run().expect(0);
    assert_eq!(database.value("SELECT a()"), "0");
}

#[test]
fn a_repair_of_a_database_that_is_not_at_head_is_refused_and_verify_says_why_it_differs() {
    let (database, gate) = verified(USERS);
    database.sql("DROP INDEX users_mail");
    gate.write("0002_posts.sql", "CREATE TABLE posts (id int)");
    gate.with(["snapshot"]).run().expect(0);
    let behind = gate.with(["verify"]).run().expect(3);
    assert!(behind.stdout.contains("1 revision not applied: what they make counts as missing"), "{behind}");
    let refused = gate.with(["repair"]).run().expect(65);
    assert!(refused.stderr.contains("LG0530") && refused.stderr.contains("1 revision not applied yet"), "{refused}");
}

#[test]
fn without_a_snapshot_the_chain_is_the_measure_of_a_repair() {
    let (database, gate) = verified(USERS);
    gate.remove("schema.lockgate.json");
    gate.with(["repair"]).run().expect(0);
    database.sql("DROP INDEX users_mail");
    gate.with(["repair", "--apply"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname = 'users_mail'"), "1");
    assert!(!gate.chain_directory().join("schema.lockgate.json").exists());
}
