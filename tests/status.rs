//! The reports of the database's place: `status`, the summary at the end, the termination message.

use std::time::Duration;

use crate::support::{Fake, Gate, TestDatabase, eventually};

const CHAIN: &[(&str, &str)] =
    &[("0001_a.sql", "CREATE TABLE a ()"), ("0002_b.sql", "CREATE TABLE b (); SELECT 1"), ("0003_c.sql", "SELECT 3")];

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).chain(CHAIN)
}

fn text(database: &TestDatabase) -> Gate {
    gate(database).env("LOCKGATE_LOG_FORMAT", "text")
}

#[test]
fn status_says_where_the_database_stands() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate", "0001"]).run().expect(0);
    let said = gate.with(["status"]).run().expect(0).stdout;
    for line in ["state     pending", "current   0001 (1 applied)", "head      0003", "pending   0002 0003"] {
        assert!(said.lines().any(|said| said == line), "{line}\n{said}");
    }
    assert!(said.contains(database.name()) && !said.contains("lock "), "{said}");
}

#[test]
fn status_of_a_fresh_database_is_base() {
    let database = TestDatabase::new();
    let said = gate(&database).with(["status"]).run().expect(0).stdout;
    assert!(said.contains("history   public.lockgate_history, not made yet, seen as "), "{said}");
    assert!(said.contains("current   base (0 applied)\n") && said.contains("pending   0001 0002 0003\n"), "{said}");
}

#[test]
fn status_as_json_is_for_machines() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let pending = gate.with(["status", "--json"]).run().expect(0).json();
    let expected = serde_json::json!(["0001", "0002", "0003"]);
    assert_eq!(
        (&pending["state"], &pending["current"], &pending["pending"]),
        (&"pending".into(), &().into(), &expected)
    );

    gate.with(["migrate"]).run().expect(0);
    let at_head = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((&at_head["state"], &at_head["current"]), (&"at head".into(), &"0003".into()));
    assert_eq!((&at_head["applied"], &at_head["pending"]), (&3.into(), &serde_json::json!([])));

    gate.remove("0003_c.sql");
    let ahead = gate.with(["status", "--json"]).run().expect(0).json();
    assert_eq!((&ahead["state"], &ahead["ahead"], &ahead["head"]), (&"ahead".into(), &1.into(), &"0002".into()));
}

#[test]
fn status_check_is_3_until_head_and_0_from_there_on() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let check = gate.with(["status", "--check"]);
    check.run().expect(3);
    gate.with(["migrate", "0002"]).run().expect(0);
    check.run().expect(3);
    gate.with(["migrate"]).run().expect(0);
    check.run().expect(0);
    gate.remove("0003_c.sql");
    check.run().expect(0);
}

#[test]
fn status_names_who_holds_the_lock() {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[("0004_wait.sql", "LOCK TABLE a")]).env("LOCKGATE_DDL_LOCK_TIMEOUT", "20s");
    gate.with(["migrate", "0003"]).run().expect(0);
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE a");
    let running = gate.with(["migrate"]).spawn();
    let holder = crate::support::eventually_some("the holder", || {
        gate.with(["status", "--json"]).run().expect(0).json()["lock_holder"].as_str().map(str::to_owned)
    });
    assert!(holder.contains("pid ") && holder.contains("lockgate/"), "{holder}");
    drop(session);
    running.wait(Duration::from_secs(30)).expect(0);
}

#[test]
fn a_secret_of_the_url_is_shown_nowhere() {
    let database = TestDatabase::new();
    let gate = text(&database).env("LOCKGATE_DATABASE_URL", database.url_as("app", Some("hunter2")));
    for arguments in [&["status"][..], &["status", "--json"], &["migrate", "--log=trace"], &["wait"]] {
        let outcome = gate.with(arguments).run().expect(0);
        assert!(!format!("{outcome}").contains("hunter2"), "{outcome}");
    }
}

#[test]
fn a_run_ends_with_a_line_and_a_list_for_a_person() {
    let database = TestDatabase::new();
    let outcome = text(&database).with(["migrate"]).run().expect(0);
    let end: Vec<&str> = outcome.stderr.lines().rev().take(3).collect();
    assert!(end[2].starts_with("open: at head 0003, 3 revisions applied, ") && end[2].ends_with(" s"), "{outcome}");
    assert_eq!((end[1], end[0]), ("  applied: 0001 0002 0003", "  statements: 2 apply, 2 run"));
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_run_ends_with_an_event_for_a_machine() {
    let database = TestDatabase::new();
    let outcome = gate(&database).with(["migrate"]).run().expect(0);
    let log = outcome.log();
    assert_eq!(log.len(), outcome.stderr.lines().count(), "every line is JSON; {outcome}");
    let last = &log[log.len() - 1];
    assert!(
        last["message"].as_str().is_some_and(|line| line.starts_with("open: at head 0003, 3 revisions")),
        "{outcome}"
    );
    assert_eq!((&last["applied"], &last["level"]), (&"0001 0002 0003".into(), &"INFO".into()));
    let revisions: Vec<_> = log.iter().filter_map(|line| line["revision"].as_str()).collect();
    assert_eq!(revisions, ["0001", "0002", "0003"]);
}

#[test]
fn a_failure_is_one_event_for_a_machine() {
    let database = TestDatabase::new();
    let outcome = gate(&database).chain(&[("0004_bad.sql", "SELECT 1 / 0")]).with(["migrate"]).run().expect(65);
    let log = outcome.log();
    let last = &log[log.len() - 1];
    assert_eq!((&last["code"], &last["class"], &last["exit"]), (&"LG0601".into(), &"refuse".into(), &65.into()));
    assert_eq!(last["message"], "0004_bad.sql:1:1: division by zero");
    assert!(last["details"].as_str().is_some_and(|details| details.contains("SQLSTATE 22012")), "{outcome}");
}

#[test]
fn the_termination_message_says_the_cause_in_a_kibibyte() {
    let database = TestDatabase::new();
    let gate = gate(&database)
        .chain(&[("0004_bad.sql", "DO $$ BEGIN RAISE 'it broke' USING DETAIL = repeat('é', 3000); END $$")]);
    let outcome = gate.with(["migrate"]).run().expect(65);
    let message = &outcome.termination_log;
    assert!(message.starts_with("LG0601 (refuse, exit 65): 0004_bad.sql:1:1: it broke\nnext: "), "{outcome}");
    assert!(message.contains("SQLSTATE P0001") && message.len() <= 1024, "{} bytes: {message}", message.len());
}

#[test]
fn the_termination_message_of_a_success_is_the_summary() {
    let database = TestDatabase::new();
    let outcome = gate(&database).with(["migrate"]).run().expect(0);
    assert!(outcome.termination_log.starts_with("open: at head 0003, 3 revisions applied"), "{outcome}");
}

#[test]
fn where_kubernetes_made_no_termination_message_none_is_made() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let nowhere = gate.file("no-termination-log");
    gate.clone().env("LOCKGATE_TERMINATION_LOG", &nowhere).with(["migrate"]).run().expect(0);
    assert!(!nowhere.exists());
}

#[test]
fn where_the_history_is_not_the_chains_the_place_is_shown_all_the_same() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1"), ("0002_b.sql", "SELECT 2")]);
    gate.with(["migrate"]).run().expect(0);
    gate.write("0002_b.sql", "SELECT 3");
    let shown = gate.with(["status", "--json"]).run().expect(65);
    let json = shown.json();
    assert_eq!((&json["state"], &json["current"], &json["applied"]), (&"refused".into(), &"0002".into(), &2.into()));
    assert!(shown.stderr.contains("LG0501"), "{shown}");
}

#[test]
fn a_number_that_is_missing_is_said_wherever_the_chain_is_read() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text");
    let gate = gate.chain(&[("0001_a.sql", "SELECT 1"), ("0002_b.sql", "SELECT 2"), ("0004_d.sql", "SELECT 4")]);
    let says = "0003 is missing between 0002 and 0004; if it comes later, it will be refused as out of order";
    for command in [&["status"][..], &["plan"], &["migrate"], &["exec", "--", "true"]] {
        let outcome = gate.with(command.iter().copied()).run().expect(0);
        assert_eq!(outcome.stderr.matches(says).count(), 1, "{command:?}: {outcome}");
    }
    let outcome = gate.env("LOCKGATE_OUT_OF_ORDER", "allow").with(["migrate"]).run().expect(0);
    assert!(!outcome.stderr.contains("is missing"), "{outcome}");
}

#[test]
fn status_answers_without_a_chain_without_a_database_and_before_a_history_of_others() {
    let database = TestDatabase::new();
    let gate = text(&database);
    gate.with(["migrate", "0002"]).run().expect(0);
    let document = |gate: &Gate, code: i32| gate.with(["status", "--json"]).run().expect(code).json();

    let without_chain = document(&gate.clone().migrations("/nowhere"), 0);
    assert_eq!((&without_chain["state"], &without_chain["current"]), (&"unknown".into(), &"0002".into()));
    assert_eq!((&without_chain["head"], &without_chain["history"]), (&().into(), &"public.lockgate_history".into()));
    gate.clone().migrations("/nowhere").with(["status", "--check"]).run().expect(3);

    let other = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("9_z.sql", "SELECT 9")]);
    let foreign = document(&other, 65);
    assert_eq!((&foreign["error"]["code"], &foreign["current"]), (&"LG0505".into(), &"0002".into()));
    let said = other.with(["status"]).run().expect(65);
    assert!(said.stdout.contains("state     refused") && said.stdout.contains("last      0002 applied "), "{said}");

    let broken = gate.clone().chain(&[("0001_a.sql", "CREATE TABLE other ()")]);
    assert_eq!(document(&broken, 65)["error"]["code"], "LG0501");

    database.sql("ALTER TABLE lockgate_history DROP COLUMN checksum");
    assert_eq!(document(&gate, 65)["error"]["code"], "LG0506");

    let away = document(&Gate::at("postgres://app@127.0.0.1:1/shop").chain(CHAIN), 75);
    assert_eq!((&away["error"]["code"], &away["head"]), (&"LG0301".into(), &"0003".into()));
    assert!(away["database"].as_str().is_some_and(|text| text.contains("shop on 127.0.0.1:1")), "{away}");
    for words in [&["plan", "--json"][..], &["history", "--json"]] {
        let outcome = Gate::at("postgres://app@127.0.0.1:1/shop").chain(CHAIN).with(words).run();
        assert_eq!(outcome.json()["error"]["exit"], outcome.code.unwrap_or_default(), "{outcome}");
    }
}

#[test]
fn status_names_invalid_indexes_and_rights_beyond_what_a_gate_needs() {
    let database = TestDatabase::new();
    let gate = text(&database).chain(&[("0004_i.sql", "CREATE TABLE i (a int); CREATE INDEX i_a ON i (a)")]);
    gate.with(["migrate"]).run().expect(0);
    database.sql("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i_a'::regclass");
    database.sql("GRANT CREATE ON SCHEMA public TO PUBLIC");
    let said = gate.with(["status"]).run().expect(0).stdout;
    for line in [
        "invalid   public.i_a: used by no query",
        "risk      app is a superuser",
        "risk      everybody may create in schema public",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
}

#[test]
fn a_machine_gets_a_document_of_a_wrong_command_line_and_of_a_signal_too() {
    let wrong = Gate::without_database().with(["status", "--json", "--nonsense"]).run().expect(64).json();
    assert_eq!((&wrong["error"]["code"], &wrong["error"]["exit"]), (&"LG0100".into(), &64.into()), "{wrong}");

    let silent = Fake::silent();
    let running = Gate::at(&silent.url()).chain(CHAIN).with(["status", "--json"]).spawn();
    eventually("it asks", || silent.connections() > 0);
    running.terminate();
    let stopped = running.wait_patiently().expect(143).json();
    assert_eq!(stopped["error"]["code"], "LG0801", "{stopped}");
}
