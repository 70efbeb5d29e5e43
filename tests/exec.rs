//! `lockgate exec -- CMD`: CMD is found first, and takes the gate's place once the database is at head.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::process::free_port;
use crate::support::{Gate, Session, TestDatabase, eventually, http};

/// An address at which nothing may be asked for: a gate that touched it would wait and end with 75.
const NOWHERE: &str = "postgres://app@127.0.0.1:1/nowhere";

const PATIENCE: Duration = Duration::from_secs(30);

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_base.sql", "CREATE TABLE t ()")])
}

fn shell(gate: &Gate, script: &str) -> Gate {
    gate.with(["exec", "--", "sh", "-c", script, "zero", "one two", "$three"])
}

/// A gate that cannot go on until the session is dropped: the second revision waits for a table.
fn held_back() -> (TestDatabase, Gate, Session) {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "20s");
    gate.with(["migrate"]).run().expect(0);
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE t");
    (database, gate.chain(&[("0002_wait.sql", "ALTER TABLE t ADD id int")]), session)
}

fn waits_for_the_table(database: &TestDatabase) {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    eventually("the gate waits for the table", || database.value(waiting) == "1");
}

#[test]
fn a_command_that_is_not_there_is_said_before_the_database_is_touched() {
    for command in ["no-such-program", "./no-such-program", "/no/such/program"] {
        let gate = Gate::at(NOWHERE).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
        let outcome = gate.with(["exec", "--", command]).run().expect(127);
        assert!(outcome.stderr.contains("LG0702") && outcome.stderr.contains(command), "{outcome}");
    }
}

#[test]
fn a_command_that_cannot_be_run_is_said_before_the_database_is_touched() {
    let gate = Gate::at(NOWHERE).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    let plain = gate.file("plain");
    std::fs::write(&plain, "#!/bin/sh\n").expect("a file");
    std::fs::set_permissions(&plain, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    for command in [plain.as_os_str(), "/etc".as_ref()] {
        let outcome = gate.with(["exec".as_ref(), "--".as_ref(), command]).run().expect(126);
        assert!(outcome.stderr.contains("LG0701"), "{outcome}");
    }
}

#[test]
fn the_command_takes_the_gates_place() {
    let database = TestDatabase::new();
    let running = shell(&gate(&database), r#"echo "$$|$0|$1|$2"; exit 7"#).spawn();
    let pid = running.pid();
    let outcome = running.wait(PATIENCE).expect(7);
    assert_eq!(outcome.stdout, format!("{pid}|zero|one two|$three\n"));
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
}

#[test]
fn a_command_that_dies_of_a_signal_dies_of_it() {
    let database = TestDatabase::new();
    assert_eq!(shell(&gate(&database), "kill -KILL $$").run().signal, Some(9));
}

#[test]
fn the_command_does_not_run_where_the_gate_stays_closed() {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[("0002_bad.sql", "SELECT 1 / 0")]);
    assert_eq!(shell(&gate, "echo it runs").run().expect(65).stdout, "");
}

#[test]
fn the_connection_is_closed_before_the_command_runs() {
    let database = TestDatabase::new();
    let running = shell(&gate(&database), "echo it runs >&2; exec sleep 60").spawn();
    let mut running = running;
    running.says("it runs");
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'lockgate%'";
    eventually("no session is left", || database.value(sessions) == "0");
    running.kill();
}

#[test]
fn nothing_of_lockgates_settings_is_left_to_the_command() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATED", "stays").env("APP_SECRET", "stays");
    let outcome = gate.with(["exec", "--", "env"]).run().expect(0);
    assert!(!outcome.stdout.contains("LOCKGATE_"), "{outcome}");
    assert!(outcome.stdout.contains("LOCKGATED=stays\n") && outcome.stdout.contains("APP_SECRET=stays\n"), "{outcome}");
}

#[test]
fn the_settings_are_left_where_that_is_asked_for() {
    let database = TestDatabase::new();
    let outcome = gate(&database).with(["exec", "--keep-env", "--", "env"]).run().expect(0);
    assert!(outcome.stdout.contains("LOCKGATE_DATABASE_URL="), "{outcome}");
}

#[test]
fn flags_of_the_command_are_its_own() {
    let database = TestDatabase::new();
    let outcome =
        gate(&database).with(["exec", "--", "echo", "--help", "--wait-timeout=x", "--", "-n"]).run().expect(0);
    assert_eq!(outcome.stdout, "--help --wait-timeout=x -- -n\n");
}

#[test]
fn the_termination_message_is_empty_when_the_command_runs() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let log = gate.file("termination-log");
    std::fs::write(&log, "of a run before").expect("a file");
    let outcome = shell(&gate, &format!("wc -c <{}; exit 3", log.display())).run().expect(3);
    assert_eq!((outcome.stdout.trim(), outcome.termination_log.as_str()), ("0", ""));
}

#[test]
fn the_port_answers_503_until_head_and_is_then_the_commands() {
    let (database, gate, session) = held_back();
    let port = free_port();
    let address = ([127, 0, 0, 1], port).into();
    // The app of this test is a program that serves: lockgate itself, which finds the database at head.
    let app = [
        env!("CARGO_BIN_EXE_lockgate").to_owned(),
        "serve".to_owned(),
        format!("--listen=127.0.0.1:{port}"),
        format!("--database-url={}", database.url()),
        format!("--migrations={}", gate.chain_directory().display()),
    ];
    let words = ["exec", "--"].map(str::to_owned).into_iter().chain(app);
    let gate = gate.with(words).env("LOCKGATE_LISTEN", ":$PORT").env("PORT", port.to_string());
    let running = gate.spawn();
    waits_for_the_table(&database);
    assert_eq!(http::get(address, "/ready").expect("an answer").status, 503);
    drop(session);
    // The gate itself answers 200 for a moment, so the app is known by another effect: it knows the database at head.
    let mut running = running;
    running.says("nothing to do");
    eventually("the app answers", || http::get(address, "/ready").is_ok_and(|answer| answer.status == 200));
    running.terminate();
    running.wait(PATIENCE).expect(0);
}

#[test]
fn a_port_that_is_taken_is_said_before_the_database_is_touched() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let gate = Gate::at(NOWHERE).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    let gate = gate.env("LOCKGATE_LISTEN", taken.local_addr().expect("an address").to_string());
    let outcome = shell(&gate, "echo it runs").run().expect(78);
    assert!(outcome.stderr.contains("LG0110") && outcome.stdout.is_empty(), "{outcome}");
}

#[test]
fn a_signal_before_the_command_keeps_it_from_running() {
    let (database, gate, _session) = held_back();
    for (code, lg) in [(143, "LG0801"), (130, "LG0802")] {
        let running = shell(&gate, "echo it runs").spawn();
        waits_for_the_table(&database);
        if code == 143 {
            running.terminate()
        } else {
            running.interrupt()
        }
        let outcome = running.wait(PATIENCE).expect(code);
        assert!(outcome.stderr.contains(lg) && outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.termination_log.starts_with(lg), "{outcome}");
    }
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
}
