//! Destinations of output: a stdout or stderr that accepts nothing, and files that cannot be written.

use crate::support::{Gate, TestDatabase, eventually};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

/// The gate's command in a shell, with a redirection behind it.
fn redirected(gate: &Gate, arguments: &[&str], to: &str) -> Gate {
    let script = format!("exec {} \"$@\" {to}", env!("CARGO_BIN_EXE_lockgate"));
    let words = ["-c", &script, "sh"].into_iter().chain(arguments.iter().copied());
    gate.clone().program("/bin/sh").args(words.map(str::to_owned).collect::<Vec<_>>())
}

fn commands() -> Vec<Vec<&'static str>> {
    let commands = [
        "plan",
        "plan --json",
        "status",
        "status --json",
        "history",
        "history --json",
        "new more",
        "explain",
        "explain 601",
        "--help",
        "plan --help",
        "--version",
    ];
    commands.into_iter().map(|command| command.split(' ').collect()).collect()
}

#[test]
fn a_stdout_that_is_full_is_a_failure_of_every_command_that_prints() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN);
    for command in commands() {
        let outcome = redirected(&gate, &command, "> /dev/full").run();
        assert_eq!(outcome.code, Some(75), "{command:?}: {outcome}");
        assert!(
            outcome.stderr.contains("LG0610") && outcome.stderr.contains("No space left"),
            "{command:?}: {outcome}"
        );
    }
    let stamped = redirected(&gate, &["stamp", "0001", "--unchecked"], "> /dev/full").run().expect(75);
    assert!(stamped.stderr.contains("LG0610"), "{stamped}");
    assert_eq!(database.value("SELECT revision FROM lockgate_history WHERE state = 'done'"), "0001");
}

#[test]
fn a_reader_that_ends_early_or_a_stdout_that_is_closed_is_no_failure() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN);
    for command in commands() {
        let outcome = redirected(&gate, &command, ">&-").run();
        assert_eq!(outcome.code, Some(0), "{command:?}: {outcome}");
        // The reader has ended before the first byte is written.
        let script = format!("{{ sleep 0.2; {} \"$@\"; echo $? >&2; }} | true", env!("CARGO_BIN_EXE_lockgate"));
        let words = ["-c", &script, "sh"].into_iter().chain(command.iter().copied());
        let piped = gate.clone().program("/bin/sh").args(words.map(str::to_owned).collect::<Vec<_>>()).run();
        assert_eq!(piped.stderr.lines().last(), Some("0"), "{command:?}: {piped}");
    }
}

#[test]
fn a_stderr_that_is_full_leaves_the_exit_code() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN);
    for (command, code) in [
        (&["migrate"][..], 0),
        (&["status"], 0),
        (&["migrate", "nowhere"], 64),
        (&["explain", "nothing"], 64),
        (&["nonsense"], 64),
    ] {
        let outcome = redirected(&gate, command, "2> /dev/full").run();
        assert_eq!(outcome.code, Some(code), "{command:?}: {outcome}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_a_warning_with_the_reason() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(CHAIN).args(["migrate"]);
    for (setting, file) in [
        ("LOCKGATE_METRICS_TEXTFILE", "/nowhere/metrics.prom"),
        ("LOCKGATE_TERMINATION_LOG", "/nowhere/termination-log"),
        ("LOCKGATE_TERMINATION_LOG", "/dev"),
    ] {
        let outcome = gate.clone().env(setting, file).env("LOCKGATE_LOG_FORMAT", "text").run().expect(0);
        let line = outcome.stderr.lines().find(|line| line.contains(file)).unwrap_or_default();
        let reason = if file == "/dev" { "Is a directory" } else { "No such file" };
        assert!(line.contains("WARN") && line.contains(reason), "{outcome}");
    }
}

#[test]
fn notices_are_bounded_in_number_and_in_length() {
    let database = TestDatabase::new();
    let talk = "DO $$ BEGIN RAISE NOTICE '%', repeat('x', 100000); FOR i IN 1..1000 LOOP RAISE NOTICE 'n%', i; END LOOP; END $$";
    let gate =
        Gate::new(&database).chain(&[("0001_a.sql", talk), ("0002_b.sql", "DO $$ BEGIN RAISE NOTICE 'again'; END $$")]);
    let outcome = gate.args(["migrate"]).run().expect(0);
    let said: Vec<_> =
        outcome.log().into_iter().filter_map(|line| Some(line["message"].as_str()?.to_owned())).collect();
    let said: Vec<_> = said.iter().filter(|message| message.starts_with("server: ")).collect();
    assert!(said[0].len() < 5000 && said[0].ends_with(" bytes more)"), "{}", said[0].len());
    assert_eq!(said.iter().filter(|message| message.starts_with("server: n")).count(), 199);
    assert!(said.iter().any(|message| message.starts_with("server: 801 more notices")), "{:?}", said.last());
    assert_eq!(said.last().map(|last| last.as_str()), Some("server: again"));
}

#[test]
fn sighup_ends_a_run_as_sigterm_does_and_says_so() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_base.sql", "SELECT pg_sleep(600)")]).args(["migrate"]);
    let running = gate.spawn();
    let sleeps = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    eventually("it runs", || database.value(sleeps) == "1");
    running.signal(rustix::process::Signal::HUP);
    let outcome = running.wait_patiently().expect(143);
    assert!(outcome.stderr.contains("SIGHUP: ending") && outcome.stderr.contains("LG0801"), "{outcome}");
}

#[test]
fn a_script_that_sets_its_own_statement_timeout_is_told_which_line_did() {
    let database = TestDatabase::new();
    let script = "SELECT 1;\nSET LOCAL statement_timeout = '50ms';\nSELECT pg_sleep(60);";
    let failed = Gate::new(&database).chain(&[("0001_base.sql", script)]).args(["migrate"]).run().fails(65, "LG0601");
    assert!(failed.next.contains("statement_timeout that line 2 of the script sets"), "{failed:?}");
}

#[test]
fn a_session_in_the_way_that_may_not_be_seen_comes_with_the_grant() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN");
    database
        .sql(&format!("CREATE TABLE t (id int); ALTER TABLE t OWNER TO {role}; GRANT ALL ON SCHEMA public TO {role}"));
    let blocker = database.session();
    blocker.sql("BEGIN; LOCK TABLE t");
    let gate = Gate::at(&database.url_as(&role, None)).chain(&[("0001_base.sql", "ALTER TABLE t ADD b int")]);
    let gate =
        gate.args(["migrate"]).env("LOCKGATE_DDL_LOCK_TIMEOUT", "300ms").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "600ms");
    let failed = gate.run().fails(75, "LG0402");
    let grant = format!("GRANT pg_read_all_stats TO {role}");
    assert!(failed.details.contains(&grant) && !failed.details.contains("insufficient"), "{failed:?}");
}
