//! The history by hand: `stamp` sets the position of the database, `history` shows it; and `healthcheck`, TARGET, aliases.

use rustix::process::Signal;

use crate::support::eventually::PATIENCE;
use crate::support::process::free_port;
use crate::support::{Gate, Outcome, TestDatabase};

const CHAIN: &[(&str, &str)] = &[
    ("0001_a.sql", "CREATE TABLE a ()"),
    ("0002_b.sql", "CREATE TABLE b (); SELECT 1"),
    ("0003_c.sql", "CREATE TABLE c ()"),
];

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").chain(CHAIN)
}

fn tables(database: &TestDatabase) -> String {
    database.value(
        "SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'lockgate_history%'",
    )
}

fn history(database: &TestDatabase) -> String {
    database.value(
        "SELECT coalesce(string_agg(concat_ws(' ', revision, state, kind), ', ' ORDER BY depth), '') FROM lockgate_history",
    )
}

#[test]
fn a_stamp_records_up_to_its_target_and_runs_nothing() {
    for (target, rows) in [
        ("head", "0001 done stamped, 0002 done stamped, 0003 done stamped"),
        ("0002", "0001 done stamped, 0002 done stamped"),
        ("+1", "0001 done stamped"),
        ("base", ""),
    ] {
        let database = TestDatabase::new();
        gate(&database).with(["stamp", target, "--unchecked"]).run().expect(0);
        if target != "base" {
            assert_eq!(history(&database), rows, "{target}");
        }
        assert_eq!(tables(&database), "", "{target}");
    }
}

#[test]
fn what_a_stamp_recorded_is_not_run_and_what_comes_after_is() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    database.sql("CREATE TABLE a (); CREATE TABLE b ()");
    let outcome = gate.with(["stamp", "0002"]).run().expect(0);
    assert_eq!(outcome.stdout, "recorded as applied, without running: 0001 0002\n");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(tables(&database), "a b c");
    assert_eq!(history(&database), "0001 done stamped, 0002 done stamped, 0003 done applied");
}

#[test]
fn a_stamp_back_forgets_and_takes_nothing_back() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    let refused = gate.with(["stamp", "-2"]).run().expect(65);
    assert!(refused.stderr.contains("LG0514") && refused.stderr.contains("forget 2 applied revisions"), "{refused}");
    assert_eq!(history(&database), "0001 done applied, 0002 done applied, 0003 done applied");
    let outcome = gate.with(["stamp", "-2", "--unchecked"]).run().expect(0);
    assert_eq!(outcome.stdout, "forgotten, without taking back: 0002 0003\n");
    assert_eq!((tables(&database).as_str(), history(&database).as_str()), ("a b c", "0001 done applied"));
}

#[test]
fn a_stamp_where_the_history_stands_already_says_so() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    let outcome = gate.with(["stamp", "head"]).run().expect(0);
    assert_eq!(outcome.stdout, "nothing to do: the history stands at head already\n");
    assert_eq!(history(&database), "0001 done applied, 0002 done applied, 0003 done applied");
}

#[test]
fn a_revision_that_was_changed_is_accepted_by_a_stamp() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    gate.write("0002_b.sql", "CREATE TABLE b (); SELECT 2");
    gate.with(["migrate"]).run().expect(65);
    let who = "finished_at = now() - '1 day'::interval, applied_by = 'ann', application = 'release 7'";
    database.sql(&format!("UPDATE lockgate_history SET {who}"));
    let refused = gate.with(["stamp", "head"]).run().expect(65);
    assert!(refused.stderr.contains("LG0514") && refused.stderr.contains("0002_b.sql"), "{refused}");
    let outcome = gate.with(["stamp", "head", "--unchecked"]).run().expect(0);
    assert_eq!(outcome.stdout, "recorded as applied, without running: 0002\n");
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(history(&database), "0001 done applied, 0002 done stamped, 0003 done applied");
    let kept = "SELECT applied_by = 'ann' AND application = 'release 7' AND finished_at < now() - '1 hour'::interval
        FROM lockgate_history WHERE revision = '0002'";
    assert_eq!(database.value(kept), "t");
}

#[test]
fn a_revision_that_was_begun_is_done_by_a_stamp_or_forgotten() {
    for (target, rows) in [("0002", "0001 done applied, 0002 done stamped"), ("0001", "0001 done applied")] {
        let database = TestDatabase::new();
        let gate = gate(&database);
        gate.write("0002_b.sql", "CREATE TABLE b ();\nVACUUM b;\nSELECT 1 / 0");
        gate.with(["migrate"]).run().expect(65);
        assert_eq!(history(&database), "0001 done applied, 0002 started applied");
        gate.with(["stamp", target, "--unchecked"]).run().expect(0);
        assert_eq!(history(&database), rows);
    }
}

/// The command on a terminal, where a person types an answer.
fn typed(gate: &Gate, command: &str, answer: &str) -> Outcome {
    let program = env!("CARGO_BIN_EXE_lockgate");
    let line = format!("echo {answer} | script -qec '{program} {command}' /dev/null");
    gate.clone().program("/bin/sh").with(["-c", &line]).run()
}

#[test]
fn on_a_terminal_a_stamp_and_a_way_back_are_shown_and_asked_for() {
    let has_script = std::process::Command::new("script").arg("--version").output().is_ok();
    if !has_script {
        eprintln!("skipped: there is no `script` here, which makes a terminal");
        return;
    }
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[("0003_c.down.sql", "DROP TABLE c")]);
    gate.with(["migrate"]).run().expect(0);
    let all = history(&database);

    for (command, shown) in
        [("stamp 0002 --unchecked", "to forget, without taking back: 0003"), ("down 0002", "DROP TABLE c")]
    {
        let outcome = typed(&gate, command, "n").expect(130);
        assert!(outcome.stdout.contains(shown) && outcome.stdout.contains("LG0803"), "{outcome}");
        assert_eq!(history(&database), all);
    }

    typed(&gate, "stamp 0002 --unchecked", "y").expect(0);
    assert_eq!(history(&database), "0001 done applied, 0002 done applied");
    let outcome = typed(&gate, "stamp 0003 --yes", "n").expect(0);
    assert!(!outcome.stdout.contains("[y/N]"), "{outcome}");
    typed(&gate, "down 0002", "y").expect(0);
    assert_eq!(tables(&database), "a b");
}

#[test]
fn the_history_of_another_service_is_not_stamped_over() {
    let database = TestDatabase::new();
    Gate::new(&database).chain(&[("9001_x.sql", "SELECT 1")]).args(["migrate"]).run().expect(0);
    let outcome = gate(&database).with(["stamp", "head"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0505"), "{outcome}");
    assert_eq!(history(&database), "9001 done applied");
}

#[test]
fn a_gap_is_not_stamped_over() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    gate.remove("0002_b.sql");
    gate.write("0003_c.sql", "-- lockgate:after 0001\nCREATE TABLE c ()");
    let outcome = gate.with(["stamp", "head"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0502") && outcome.stderr.contains("0002"), "{outcome}");
    assert_eq!(history(&database), "0001 done applied, 0002 done applied, 0003 done applied");
}

#[test]
fn a_stamp_makes_no_gap_below_what_a_newer_release_applied() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    gate.remove("0003_c.sql");
    let outcome = gate.with(["stamp", "0001"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0504"), "{outcome}");
    assert_eq!(history(&database), "0001 done applied, 0002 done applied, 0003 done applied");
}

#[test]
fn a_stamp_makes_the_history_where_it_is_to_be() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_HISTORY_TABLE", "ops.applied");
    gate.with(["stamp", "head", "--unchecked"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM ops.applied WHERE kind = 'stamped'"), "3");
    gate.with(["status", "--check"]).run().expect(0);
}

#[test]
fn a_target_that_is_no_place_of_the_chain_is_wrong_usage() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    for command in ["migrate", "stamp", "down"] {
        for target in ["0009", "000", "+4", "+x", "-1", "nowhere"] {
            let outcome = gate.with([command, target]).run();
            assert_eq!(outcome.code, Some(64), "{command} {target}: {outcome}");
            assert!(outcome.stderr.contains("LG0100") && outcome.stderr.contains(target), "{outcome}");
        }
    }
    assert_eq!(tables(&database), "");
}

#[test]
fn a_target_upwards_is_an_id_a_prefix_head_or_a_number() {
    for (command, target, made) in [
        ("migrate", "0001", "a"),
        ("migrate", "+2", "a b"),
        ("migrate", "head", "a b c"),
        ("upgrade", "head", "a b c"),
        ("upgrade", "+1", "a"),
        ("migrate", "base", ""),
    ] {
        let database = TestDatabase::new();
        gate(&database).with([command, target]).run().expect(0);
        assert_eq!(tables(&database), made, "{command} {target}");
    }
    let database = TestDatabase::new();
    let named = Gate::new(&database).chain(&[
        ("28e1ce4c_base.sql", "CREATE TABLE a ()"),
        ("4b77dfea_next.sql", "-- lockgate:after 28e1ce4c\nCREATE TABLE b ()"),
    ]);
    named.with(["migrate", "28"]).run().expect(0);
    assert_eq!(tables(&database), "a");
}

#[test]
fn a_target_below_the_database_takes_nothing_back() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    gate.with(["migrate", "0001"]).run().expect(0);
    assert_eq!(tables(&database), "a b c");
}

#[test]
fn current_and_heads_are_status() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate", "0002"]).run().expect(0);
    let status = gate.with(["status"]).run().expect(0).stdout;
    for alias in ["current", "heads"] {
        assert_eq!(gate.with([alias]).run().expect(0).stdout, status);
    }
}

#[test]
fn the_history_is_shown_to_a_person() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    assert_eq!(gate.with(["history"]).run().expect(0).stdout, "nothing was applied yet\n");
    gate.with(["migrate", "0002"]).run().expect(0);
    database.sql("CREATE TABLE c ()");
    gate.with(["stamp", "0003"]).run().expect(0);

    let said = gate.with(["history"]).run().expect(0).stdout;

    let lines: Vec<&str> = said.lines().collect();
    for (line, words) in lines.iter().zip([
        ["0001", "applied", "app (lockgate/", "1 apply", "  a"],
        ["0002", "applied", "app (lockgate/", "1 apply, 1 run", "  b"],
        ["0003", "stamped", "app (lockgate/", "", "  c"],
    ]) {
        assert!(line.starts_with(words[0]) && line.ends_with(words[4]), "{said}");
        assert!(words.iter().all(|word| line.contains(word)), "{said}");
    }
    assert_eq!(lines.len(), 3, "{said}");
}

#[test]
fn the_history_as_json_is_for_machines() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    assert_eq!(gate.with(["history", "--json"]).run().expect(0).json(), serde_json::json!({ "history": [] }));
    gate.with(["migrate", "0001"]).run().expect(0);
    let json = gate.with(["history", "--json"]).run().expect(0).json();
    let row = &json["history"][0];
    for (name, value) in
        [("revision", "0001"), ("description", "a"), ("state", "done"), ("kind", "applied"), ("applied_by", "app")]
    {
        assert_eq!(row[name], value, "{json}");
    }
    assert_eq!(row["verdicts"]["counts"]["apply"], 1, "{json}");
    assert!(row["seconds"].as_f64().is_some_and(|seconds| seconds >= 0.0), "{json}");
}

#[test]
fn a_history_that_is_not_ones_own_to_read_is_said() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    gate.with(["migrate"]).run().expect(0);
    let role = database.cluster().role("LOGIN");
    let outcome = gate.env("LOCKGATE_DATABASE_URL", database.url_as(&role, None)).with(["history"]).run().expect(77);
    assert!(outcome.stderr.contains("LG0316"), "{outcome}");
}

#[test]
fn a_healthcheck_is_0_where_the_gate_is_open_and_75_else() {
    let database = TestDatabase::new();
    let gate = gate(&database).listening();
    let outcome = gate.with(["healthcheck"]).run().expect(75);
    assert!(outcome.stderr.contains("LG0604") && outcome.stderr.contains("no gate answers"), "{outcome}");

    gate.with(["migrate", "0001"]).run().expect(0);
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE a");
    gate.write("0002_b.sql", "ALTER TABLE a ADD id int");
    let mut serving = gate.with(["serve"]).spawn();
    serving.answers("/ready", 503);
    let outcome = gate.with(["healthcheck"]).run().expect(75);
    assert!(outcome.stderr.contains("LG0604") && outcome.stderr.contains("503"), "{outcome}");

    drop(session);
    serving.answers("/ready", 200);
    gate.with(["healthcheck"]).run().expect(0);
    serving.signal(Signal::TERM);
    serving.wait(PATIENCE).expect(0);
}

#[test]
fn a_healthcheck_needs_no_database_and_finds_a_gate_that_listens_everywhere() {
    let database = TestDatabase::new();
    let everywhere = format!(":{}", free_port());
    let gate = gate(&database).env("LOCKGATE_LISTEN", &everywhere);
    let mut serving = gate.with(["serve"]).spawn();
    serving.says("open: at head");
    let alone = Gate::without_database().env("LOCKGATE_LISTEN", &everywhere).env("DATABASE_URL", "what the app reads");
    alone.with(["healthcheck"]).run().expect(0);
}

#[test]
fn a_healthcheck_finds_a_gate_that_listens_on_ipv4_alone() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_base.sql", "CREATE TABLE t ()")]).listening();
    let mut running = gate.with(["serve"]).spawn();
    running.answers("/ready", 200);
    // As where the gate has `--listen` as a flag, which this command does not know of: everywhere, IPv6 first.
    let everywhere = format!("[::]:{}", running.address().port());
    gate.with(["healthcheck"]).env("LOCKGATE_LISTEN", everywhere).run().expect(0);
}
