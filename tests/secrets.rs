//! No secret in anything that is printed, served or recorded.

mod corpus;

use crate::support::process::free_port;
use crate::support::{Gate, Running, TestDatabase, eventually};

/// In no text of lockgate's, and in no name of a directory.
const SECRET: &str = "Hunter2Zanzibar";

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];
const PAGES: [&str; 8] = ["/", "/status", "/metrics", "/health", "/healthz", "/ready", "/startup", "/livez"];

#[track_caller]
fn silent(what: &str, text: &str) {
    let at = text.to_lowercase().find(&SECRET.to_lowercase());
    assert!(at.is_none(), "{what} tells the secret:\n{text}");
}

/// Runs it in both formats and at the most talkative level; nothing that it leaves behind may contain the secret.
#[track_caller]
fn keeps_quiet(case: &str, gate: &Gate, code: i32) {
    for format in ["text", "json"] {
        let textfile = gate.file("metrics.prom");
        let gate = gate.clone().env("LOCKGATE_LOG", "trace").env("LOCKGATE_LOG_FORMAT", format);
        let outcome = gate.env("LOCKGATE_METRICS_TEXTFILE", &textfile).run();
        silent(case, &outcome.to_string());
        silent(case, &std::fs::read_to_string(textfile).unwrap_or_default());
        assert_eq!(outcome.code, Some(code), "{case}, {format}: {outcome}");
        assert!(!outcome.stderr.is_empty(), "{case}, {format}: nothing was said");
    }
}

#[track_caller]
fn serves_quietly(running: &mut Running) {
    for page in PAGES {
        let response = running.http_get(page);
        silent(page, &format!("{:?}\n{}", response.headers, response.body));
    }
}

#[track_caller]
fn records_quietly(database: &TestDatabase) {
    for table in ["lockgate_history", "lockgate_history_events"] {
        if database.value(&format!("SELECT to_regclass('{table}') IS NOT NULL")) == "t" {
            silent(table, &format!("{:?}", database.query_text(&format!("SELECT t::text FROM {table} t"))));
        }
    }
}

fn impatient(gate: Gate) -> Gate {
    gate.chain(CHAIN).args(["migrate"]).env("LOCKGATE_AUTH_RETRY_FOR", "200ms").env("LOCKGATE_WAIT_TIMEOUT", "200ms")
}

#[test]
fn a_password_that_is_right_is_not_told() {
    let database = TestDatabase::new();
    let role = database.cluster().role(&format!("LOGIN PASSWORD '{SECRET}' IN ROLE secret"));
    database.sql(&format!("GRANT ALL ON SCHEMA public TO {role}"));
    let gate = impatient(Gate::at(&database.url_as(&role, Some(SECRET))));
    keeps_quiet("migrate", &gate, 0);
    keeps_quiet("wait", &gate.with(["wait"]), 0);
    for arguments in [&["status"][..], &["status", "--json"]] {
        silent("status", &gate.with(arguments).env("LOCKGATE_LOG", "trace").run().expect(0).to_string());
    }
    let mut running = gate.with(["serve"]).env("LOCKGATE_LOG", "trace").spawn();
    running.answers("/ready", 200);
    serves_quietly(&mut running);
    let names = "SELECT string_agg(application_name, ' ') FROM pg_stat_activity";
    silent("the application's name", &database.value(names));
    running.terminate();
    silent("serve", &running.wait_patiently().expect(0).to_string());
    records_quietly(&database);
}

#[test]
fn a_password_that_is_refused_is_not_told_whatever_gave_it() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'another' IN ROLE secret");
    let (url, port) = (database.url_as(&role, None), database.cluster().port());
    let plain = impatient(Gate::at(&url));
    let file = plain.file("secret");
    let file = file.display().to_string();
    for (name, value, content) in [
        ("LOCKGATE_DATABASE_URL", database.url_as(&role, Some(SECRET)), ""),
        ("LOCKGATE_DATABASE_URL", format!("{url}&password={SECRET}"), ""),
        (
            "LOCKGATE_DATABASE_URL",
            format!("host=127.0.0.1 port={port} user={role} password={SECRET} dbname={}", database.name()),
            "",
        ),
        ("LOCKGATE_DATABASE_URL_FILE", file.clone(), &*database.url_as(&role, Some(SECRET))),
        ("PGPASSWORD", SECRET.to_owned(), ""),
        ("PGPASSWORD_FILE", file.clone(), SECRET),
        ("PGPASSFILE", file.clone(), &format!("*:*:*:*:{SECRET}")),
        ("LOCKGATE_PASSWORD_COMMAND", format!("echo {SECRET}"), ""),
        ("LOCKGATE_PASSWORD_COMMAND", format!("cat {file}"), SECRET),
    ] {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(&file, content).expect("a file");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("a mode");
        let gate = if name == "LOCKGATE_DATABASE_URL_FILE" {
            plain.clone().env_remove("LOCKGATE_DATABASE_URL")
        } else {
            plain.clone()
        };
        keeps_quiet(name, &gate.env(name, value), 77);
    }
}

#[test]
fn a_database_that_is_not_there_is_named_without_the_password() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    for (url, code) in [
        (format!("postgres://app:{SECRET}@127.0.0.1:{}/shop", free_port()), 75),
        (format!("postgres://app:{SECRET}@no-such-host.invalid/shop"), 75),
        (format!("postgres://app:{SECRET}@127.0.0.1:{0},127.0.0.1:{0}/shop", free_port()), 75),
        (database.url_as("no_such_role", Some(SECRET)), 77),
        (database.url_as(&role, Some(SECRET)).replace(database.name(), "no_such_database"), 77),
        (database.url_as(&role, Some(SECRET)).replace("sslmode=disable", "sslmode=verify-ca&sslrootcert=/nowhere"), 78),
    ] {
        keeps_quiet(&url.replace(SECRET, "*"), &impatient(Gate::at(&url)), code);
    }
}

#[test]
fn a_wrong_setting_is_told_without_the_password_in_it() {
    for (name, value) in [
        ("LOCKGATE_DATABASE_URL", "postgres://app:SECRET@db:port/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:SECRET@db:99999/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:SECRET@db/shop?sslmode=never"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:SECRET@db/shop?connect_timeout=soon"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:SECRET@db@db/shop?x"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:a/SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:a/b?SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:a#SECRET@d b/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:%zzSECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:%ffSECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://app:[SECRET@[db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres://db:x/shop?password=SECRET"),
        ("LOCKGATE_DATABASE_URL", "postgres://db:x/shop?password=a&SECRET=b"),
        ("LOCKGATE_DATABASE_URL", "postgres://db/shop?password=a&SECRET"),
        ("LOCKGATE_DATABASE_URL", "postgres//app:SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "postgres:/app:SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "mysql://app:SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "SECRET://app@db/shop"),
        ("LOCKGATE_DATABASE_URL", "\"postgres://app:SECRET@db/shop\""),
        ("LOCKGATE_DATABASE_URL", "app:SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL", "SECRET"),
        ("LOCKGATE_DATABASE_URL", "host=db port=x password=SECRET"),
        ("LOCKGATE_DATABASE_URL", "host=db password='SECRET"),
        ("LOCKGATE_DATABASE_URL", "host=db password=a SECRET port=x"),
        ("LOCKGATE_DATABASE_URL", "host=db password=a SECRET=b port=x"),
        ("LOCKGATE_DATABASE_URL", "host=db:SECRET password=a"),
        ("LOCKGATE_DATABASE_URL", "host=db sslmode=SECRET"),
        ("LOCKGATE_DATABASE_URL", "jdbc:postgresql://db:x/shop?user=app&password=SECRET"),
        ("LOCKGATE_DATABASE_URL_FILE", "postgres://app:SECRET@db/shop"),
        ("LOCKGATE_DATABASE_URL_FILE", "SECRET"),
        ("DATABASE_URL", "postgres://app:SECRET@db:port/shop"),
        ("PGHOST", "postgres://app:SECRET@db/shop"),
        ("PGPORT", "SECRET"),
        ("PGSSLMODE", "SECRET"),
        ("PGDATABASE", "postgres://app:SECRET@db/shop"),
        ("PGUSER", "postgres://app:SECRET@db/shop"),
        ("PGPASSWORD_FILE", "SECRET"),
        ("LOCKGATE_PASSWORD_COMMAND", "echo 'SECRET"),
        ("LOCKGATE_WAIT_TIMEOUT", "postgres://app:SECRET@db/shop"),
        ("LOCKGATE_LISTEN", "postgres://app:SECRET@db/shop"),
        ("LOCKGATE_AHEAD", "postgres://app:SECRET@db/shop"),
        ("LOCKGATE_LOG_FORMAT", "postgres://app:SECRET@db/shop"),
    ] {
        let gate = Gate::without_database().chain(CHAIN).args(["migrate"]);
        let gate = if name == "DATABASE_URL" || name.starts_with("LOCKGATE_DATABASE") {
            gate
        } else {
            gate.env("PGHOST", "127.0.0.1").env("PGPORT", "1")
        };
        let outcome = gate.env(name, value.replace("SECRET", SECRET)).run();
        let case = format!("{name}={value}");
        silent(&case, &outcome.to_string());
        assert_eq!(outcome.code, Some(78), "{case}: {outcome}");
        assert!(outcome.stderr.contains(name), "{case} is not named: {outcome}");
    }
}

#[test]
fn a_password_command_that_fails_is_told_without_its_words_and_its_output() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'another' IN ROLE secret");
    let gate = impatient(Gate::at(&database.url_as(&role, None)));
    let script = gate.file("script");
    std::fs::write(&script, format!("echo {SECRET}; echo {SECRET} >&2; exit 3")).expect("a file");
    for command in
        [format!("false {SECRET}"), format!("/no/such/program --token={SECRET}"), format!("sh {}", script.display())]
    {
        keeps_quiet(&command.replace(SECRET, "*"), &gate.clone().env("LOCKGATE_PASSWORD_COMMAND", command), 78);
    }
}

#[test]
fn a_password_command_that_fails_is_told_with_what_it_complains_of() {
    let gate = impatient(Gate::at("postgres://app@127.0.0.1:1/shop"));
    let script = gate.file("script");
    std::fs::write(&script, format!("echo {SECRET}; echo no credentials for {SECRET} >&2; exit 3")).expect("a file");
    let outcome = gate.env("LOCKGATE_PASSWORD_COMMAND", format!("sh {}", script.display())).run().expect(78);
    silent("stderr", &outcome.to_string());
    assert!(outcome.stderr.contains("exit status: 3: no credentials for …"), "{outcome}");
}

#[test]
fn a_flag_with_the_password_is_not_told() {
    for arguments in [
        ["migrate", "--database-url", "postgres://app:SECRET@db:port/shop"],
        ["migrate", "--database-url=postgres://app:SECRET@db:port/shop", "head"],
        ["migrate", "--databaseurl=postgres://app:SECRET@db/shop", "head"],
        ["migrate", "--wait-timeout", "postgres://app:SECRET@db/shop"],
    ] {
        let arguments = arguments.map(|argument| argument.replace("SECRET", SECRET));
        let outcome = Gate::without_database().chain(CHAIN).args(arguments).run();
        silent("a flag", &outcome.to_string());
        assert!(matches!(outcome.code, Some(64 | 78)), "{outcome}");
    }
}

/// Values of rows may be read only where the run was started.
#[test]
fn a_value_of_a_row_is_told_on_the_terminal_alone() {
    for script in [
        "ALTER TABLE held ALTER COLUMN a TYPE int USING a::int",
        "ALTER TABLE held ADD UNIQUE (a)",
        "ALTER TABLE held ADD CHECK (length(a) < 3)",
        "ALTER TABLE held ALTER COLUMN a TYPE varchar(3)",
        "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT a FROM held LIMIT 1); END $$",
        "DO $$ BEGIN RAISE unique_violation USING MESSAGE = (SELECT a FROM held LIMIT 1), CONSTRAINT = (SELECT a FROM held LIMIT 1); END $$",
        "DO $$ BEGIN EXECUTE (SELECT a FROM held LIMIT 1); END $$",
        "-- lockgate:check \"none\" SELECT a FROM held\nSELECT 1",
    ] {
        let database = TestDatabase::new();
        database.sql(&format!("CREATE TABLE held (a text); INSERT INTO held VALUES ('{SECRET}'), ('{SECRET}')"));
        let gate = Gate::new(&database).chain(&[("0001_base.sql", script)]);
        let outcome = gate.args(["migrate"]).env("LOCKGATE_LOG", "trace").run().expect(65);
        silent(script, &outcome.termination_log);
        assert!(outcome.termination_log.contains("SQLSTATE") || script.contains("check"), "{outcome}");
        assert!(outcome.stderr.contains(SECRET), "the terminal says nothing of the row: {outcome}");
    }
}

#[test]
fn a_secret_in_the_statement_that_runs_is_not_served() {
    for (script, waits) in [
        ("CREATE ROLE {new} PASSWORD 'SECRET'; LOCK TABLE busy", "LOCK"),
        ("DO $$ BEGIN EXECUTE 'CREATE ROLE {new} PASSWORD ''SECRET'''; LOCK TABLE busy; END $$", "DO"),
    ] {
        let database = TestDatabase::new();
        database.sql("CREATE TABLE busy (id int)");
        let blocker = database.session();
        blocker.sql("BEGIN; LOCK TABLE busy");
        let new = format!("new_{}", database.name());
        let script = script.replace("{new}", &new).replace("SECRET", SECRET);
        let gate = Gate::new(&database).chain(&[("0001_base.sql", &script)]).args(["serve"]);
        let mut running = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "0").env("LOCKGATE_LOG", "trace").spawn();
        eventually("the statement runs", || {
            let status = running.http_get("/status").json();
            status["running"]["text"].as_str().is_some_and(|text| text.starts_with(waits))
        });
        serves_quietly(&mut running);
        let names = "SELECT string_agg(application_name, ' ') FROM pg_stat_activity";
        silent("the application's name", &database.value(names));
        running.terminate();
        silent(&script.replace(SECRET, "*"), &running.wait_patiently().expect(143).to_string());
        drop(blocker);
    }
}

#[test]
fn what_stands_in_the_query_of_a_session_in_the_way_is_not_told() {
    let long = format!("UPDATE busy SET note = 'n{}", SECRET.repeat(200));
    for query in [
        "UPDATE busy SET note = 'SECRET'".to_owned(),
        "UPDATE busy SET note = E'it\\'s SECRET', id = 1".to_owned(),
        "UPDATE busy SET note = $x$SECRET$x$ -- SECRET".to_owned(),
        // The server cuts it at 1024 bytes, within the literal.
        format!("{long}'"),
    ] {
        let database = TestDatabase::new();
        database.sql("CREATE TABLE busy (id int, note text)");
        let blocker = database.session();
        blocker.sql("BEGIN");
        blocker.sql(&query.replace("SECRET", SECRET));
        let gate = Gate::new(&database).chain(&[("0001_base.sql", "ALTER TABLE busy ADD b int")]).args(["serve"]);
        let gate = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "200ms").env("LOCKGATE_LOG", "trace");
        let mut running = gate.clone().spawn();
        running.says("UPDATE busy");
        eventually("the blocker is served", || {
            running.http_get("/status").json()["blockers"].as_array().is_some_and(|blockers| !blockers.is_empty())
        });
        serves_quietly(&mut running);
        running.terminate();
        silent(&query, &running.wait_patiently().expect(143).to_string());
        let outcome = gate.args(["migrate"]).env("LOCKGATE_DDL_LOCK_RETRY_FOR", "300ms").run();
        silent(&query, &outcome.fails(75, "LG0402").outcome.to_string());
    }
}

#[test]
fn a_gate_that_waits_serves_no_password() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'another' IN ROLE secret");
    let mut running = Gate::at(&database.url_as(&role, Some(SECRET))).chain(CHAIN).args(["serve"]).spawn();
    running.says("LG0311");
    serves_quietly(&mut running);
}

#[test]
fn the_command_that_follows_is_not_given_the_owners_password() {
    let database = TestDatabase::new();
    let url = database.url_as("app", Some(SECRET));
    let gate = Gate::at(&url).chain(CHAIN).args(["exec", "--", "/usr/bin/env"]);
    let file = gate.file("unread");
    let gate = gate.env("LOCKGATE_PASSWORD_COMMAND", format!("echo {SECRET}")).env("LOCKGATE_LATCH_FILE", &file);
    let outcome = gate.run().expect(0);
    assert!(outcome.stdout.contains("PATH="), "{outcome}");
    silent("the command's environment", &outcome.to_string());
}
