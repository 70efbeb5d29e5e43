//! `lockgate exec --serve -- CMD`: the gate stays CMD's parent, passes signals on, reaps, and ends only after CMD.

use std::process::Command;

use rustix::process::Signal;

use crate::support::eventually::PATIENCE;
use crate::support::{Gate, Running, Session, TestDatabase, eventually};

fn gate(database: &TestDatabase) -> Gate {
    Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_base.sql", "CREATE TABLE t ()")])
}

fn beside(gate: &Gate, script: &str) -> Gate {
    gate.with(["exec", "--serve", "--", "sh", "-c", script])
}

/// The same as PID 1 of a namespace, with a `/proc` of its own.
fn as_first_process(gate: &Gate, arguments: &[&str], script: &str) -> Gate {
    let words = ["-p", "-f", "--mount-proc", "--kill-child", env!("CARGO_BIN_EXE_lockgate"), "exec"];
    let words = words.into_iter().chain(arguments.iter().copied()).chain(["--", "sh", "-c", script]);
    gate.with(words).program("unshare")
}

/// True if a process may have a PID namespace of its own; prints a note otherwise.
fn can_be_first() -> bool {
    let tried = Command::new("unshare").args(["-p", "-f", "--mount-proc", "true"]).output();
    let can = tried.is_ok_and(|output| output.status.success());
    if !can {
        eprintln!("skipped: `unshare -p -f --mount-proc` needs root");
    }
    can
}

/// The part of a script that blocks CMD until the test releases it, even if signals come.
struct Hold(std::path::PathBuf);

impl Hold {
    fn new(gate: &Gate) -> Self {
        let fifo = gate.file("hold");
        let made = Command::new("mkfifo").arg(&fifo).status().expect("mkfifo");
        assert!(made.success());
        Self(fifo)
    }

    /// Opened for both ways, so that neither end waits for the other.
    fn script(&self) -> String {
        format!("exec 3<>'{}'; read go <&3", self.0.display())
    }

    fn let_go(&self) {
        std::fs::write(&self.0, "go\n").expect("the fifo");
    }
}

/// A gate that cannot go on until the session is dropped.
fn held_back(database: &TestDatabase, gate: &Gate) -> Session {
    gate.with(["migrate"]).run().expect(0);
    gate.write("0002_wait.sql", "ALTER TABLE t ADD id int");
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE t");
    session
}

#[test]
fn the_exit_code_is_the_commands_or_128_and_its_signal() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -TERM $$", 143),
        ("kill -KILL $$", 137),
        ("kill -SEGV $$", 139),
    ] {
        let outcome = beside(&gate, script).run();
        assert_eq!((outcome.code, outcome.signal), (Some(code), None), "{script}: {outcome}");
    }
}

#[test]
fn signals_are_passed_on() {
    let database = TestDatabase::new();
    let names = ["HUP", "USR1", "USR2", "WINCH", "ALRM", "CONT", "QUIT", "INT", "TERM"];
    let traps: String = names.iter().map(|name| format!("trap 'echo got {name} >&2' {name}; ")).collect();
    let gate = gate(&database);
    let hold = Hold::new(&gate);
    let script = format!("{traps} echo up >&2; until [ \"$go\" ]; do {}; done; exit 9", hold.script());
    let mut running = beside(&gate, &script).spawn();
    running.says("up");
    let signals = [
        Signal::HUP,
        Signal::USR1,
        Signal::USR2,
        Signal::WINCH,
        Signal::ALARM,
        Signal::CONT,
        Signal::QUIT,
        Signal::INT,
        Signal::TERM,
    ];
    for (name, signal) in names.into_iter().zip(signals) {
        running.signal(signal);
        running.says(&format!("got {name}"));
    }
    hold.let_go();
    running.wait(PATIENCE).expect(9);
}

#[test]
fn a_command_that_ends_of_sigterm_ends_the_gate_with_143() {
    let database = TestDatabase::new();
    let gate = gate(&database);
    let hold = Hold::new(&gate);
    let mut running = beside(&gate, &format!("echo up >&2; {}", hold.script())).spawn();
    running.says("up");
    running.terminate();
    running.wait(PATIENCE).expect(143);
}

#[test]
fn ready_is_503_before_head_200_while_the_command_runs_and_503_after_sigterm() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "20s");
    let session = held_back(&database, &gate);
    let hold = Hold::new(&gate);
    let script = format!("trap '' TERM; echo up >&2; {}; exit 4", hold.script());
    let mut running = beside(&gate, &script).spawn();
    assert_eq!(running.http_get("/ready").status, 503);
    assert!(!running.stderr().contains("up"), "{}", running.stderr());

    drop(session);
    running.says("up");
    assert_eq!(running.http_get("/ready").status, 200);

    running.terminate();
    running.answers("/ready", 503);
    assert_eq!(running.http_get("/livez").status, 200);
    hold.let_go();
    running.wait(PATIENCE).expect(4);
}

#[test]
fn a_command_that_ignores_sigterm_is_not_abandoned() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_GRACE", "1ms");
    let hold = Hold::new(&gate);
    let script = format!("trap '' TERM; echo $$; echo up >&2; {}; echo the end", hold.script());
    let mut running = beside(&gate, &script).spawn();
    running.says("up");
    for _ in 0..3 {
        running.terminate();
    }
    running.answers("/ready", 503);
    assert!(!running.has_ended());
    hold.let_go();
    let outcome = running.wait(PATIENCE).expect(0);
    assert!(outcome.stdout.ends_with("the end\n"), "{outcome}");
}

#[test]
fn the_command_is_not_started_where_the_gate_fails() {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[("0002_bad.sql", "SELECT 1 / 0")]);
    let outcome = beside(&gate, "echo it runs").run().expect(65);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("LG0601") && outcome.termination_log.starts_with("LG0601"), "{outcome}");
}

#[test]
fn a_signal_before_head_ends_the_gate_and_the_command_never_runs() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "20s");
    let _session = held_back(&database, &gate);
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let running = beside(&gate, "echo it runs").spawn();
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        eventually("the gate waits for the table", || database.value(waiting) == "1");
        running.signal(signal);
        assert_eq!(running.wait(PATIENCE).expect(code).stdout, "");
    }
}

#[test]
fn the_command_is_a_process_group_of_its_own_and_the_gates_child() {
    let database = TestDatabase::new();
    let running = beside(&gate(&database), "read _ _ _ parent group _ </proc/$$/stat; echo $$ $parent $group").spawn();
    let parent = running.pid().to_string();
    let outcome = running.wait(PATIENCE).expect(0);
    let words: Vec<&str> = outcome.stdout.split_whitespace().collect();
    assert_eq!((words[1], words[2]), (parent.as_str(), words[0]), "{outcome}");
}

#[test]
fn the_commands_group_is_the_foreground_one_of_a_terminal() {
    let database = TestDatabase::new();
    if Command::new("script").arg("--version").output().is_err() {
        eprintln!("skipped: there is no `script` to make a terminal with");
        return;
    }
    let gate = gate(&database).listening();
    let foreground = "read _ _ _ _ group _ _ front _ </proc/$$/stat; echo \"=$group=$front=\"";
    let words = format!("'{}' exec --serve -- sh -c '{foreground}'", env!("CARGO_BIN_EXE_lockgate"));
    let outcome = gate.with(["-qec", &words, "/dev/null"]).program("script").run().expect(0);
    let said = outcome.stdout.lines().find(|line| line.starts_with('=')).expect("a line of CMD's");
    let groups: Vec<&str> = said.trim().trim_matches('=').split('=').collect();
    assert_eq!(groups[0], groups[1], "{outcome}");
}

#[test]
fn the_terminal_is_given_back_and_nobody_is_stopped_for_it() {
    let database = TestDatabase::new();
    if ["script", "bash"].iter().any(|tool| Command::new(tool).arg("--version").output().is_err()) {
        eprintln!("skipped: there is no `script` to make a terminal with, or no `bash` to control jobs");
        return;
    }
    let gate = gate(&database).listening();
    // The gate runs in a script of a shell with job control: a process that is stopped there stays so.
    let inner = gate.file("inner");
    let program = env!("CARGO_BIN_EXE_lockgate");
    let front = "read _ _ _ _ group _ _ front _ </proc/$$/stat; echo \"=$group=$front=\"";
    std::fs::write(&inner, format!("'{program}' exec --serve -- sh -c 'exit 3'; echo \"code $?\"; {front}\n"))
        .expect("a file");
    let words = format!("bash -mc \"sh '{}'\"", inner.display());
    let outcome = gate.with(["-qec", &words, "/dev/null"]).program("script").run();
    assert!(outcome.stdout.contains("code 3"), "{outcome}");
    let said = outcome.stdout.lines().find(|line| line.starts_with('=')).expect("a line of the script's");
    let groups: Vec<&str> = said.trim().trim_matches('=').split('=').collect();
    assert_eq!(groups[0], groups[1], "{outcome}");
}

#[test]
fn nothing_of_lockgates_settings_can_be_read_from_the_parent_either() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("APP_SECRET", "stays").env("LOCKGATE_HOME_MADE", "goes");
    let outcome = beside(&gate, "env; echo ---; tr '\\0' '\\n' </proc/$PPID/environ").run().expect(0);
    let (own, parents) = outcome.stdout.split_once("---").expect("two lists");
    for list in [own, parents] {
        assert!(!list.contains("LOCKGATE_") && !list.contains(database.name()), "{outcome}");
        assert!(list.contains("APP_SECRET=stays"), "{outcome}");
    }
}

#[test]
fn as_pid_1_the_orphans_of_the_command_are_reaped() {
    if !can_be_first() {
        return;
    }
    let database = TestDatabase::new();
    let gate = gate(&database);
    // An orphan that ends only when it is told to, so that it is ours by then. A zombie would stay in /proc for ever.
    let orphan = "mkfifo end; (cat <end >/dev/null 2>&1 & echo $! >orphan) ; orphan=$(cat orphan);
        exec 3>end; until read _ _ _ parent _ </proc/$orphan/stat && [ $parent = 1 ]; do :; done;
        exec 3>&-; while [ -e /proc/$orphan ]; do :; done; rm end;";
    let script = format!("{orphan} {orphan} echo all reaped; exit 6");
    let outcome = as_first_process(&gate, &["--serve"], &script).run().expect(6);
    assert_eq!(outcome.stdout, "all reaped\n");
}

#[test]
fn as_pid_1_a_command_that_ends_first_gives_its_own_code_whatever_orphans_there_are() {
    if !can_be_first() {
        return;
    }
    let database = TestDatabase::new();
    let script = "i=0; while [ $i -lt 20 ]; do (exit 3 &); i=$((i + 1)); done; exit 11";
    as_first_process(&gate(&database), &["--serve"], script).run().expect(11);
}

#[test]
fn as_pid_1_it_stops_by_sigterm_like_anywhere_else() {
    if !can_be_first() {
        return;
    }
    let database = TestDatabase::new();
    let gate = gate(&database);
    let hold = Hold::new(&gate);
    // CMD asks its parent, PID 1, to end, as the runtime does from outside.
    let script = format!("trap 'exit 12' TERM; kill -TERM 1; {}", hold.script());
    as_first_process(&gate, &["--serve"], &script).run().expect(12);
}

#[test]
fn as_pid_1_no_setting_of_lockgates_is_left_in_the_environment_of_the_first_process() {
    if !can_be_first() {
        return;
    }
    let database = TestDatabase::new();
    let gate = gate(&database).env("APP_SECRET", "stays");
    for arguments in [&["--serve"][..], &[]] {
        let gate = as_first_process(&gate, arguments, "tr '\\0' '\\n' </proc/1/environ");
        let outcome = gate.run().expect(0);
        assert!(!outcome.stdout.contains("LOCKGATE_") && !outcome.stdout.contains(database.name()), "{outcome}");
        assert!(outcome.stdout.contains("APP_SECRET=stays"), "{outcome}");
    }
}

#[test]
fn as_pid_1_a_password_command_is_waited_for_by_whom_it_was_started() {
    if !can_be_first() {
        return;
    }
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'rotated' IN ROLE secret");
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", database.url_as(&role, None));
    let gate = gate.env("LOCKGATE_PASSWORD_COMMAND", "echo rotated");
    as_first_process(&gate, &["--serve"], "exit 13").run().expect(13);
}

#[test]
fn live_readiness_holds_while_the_command_runs() {
    let database = TestDatabase::new();
    let proxy = crate::support::Proxy::to(database.cluster());
    let gate = gate(&database).env("LOCKGATE_DATABASE_URL", database.url_via(&proxy));
    let gate = gate.env("LOCKGATE_READINESS", "live");
    let hold = Hold::new(&gate);
    let mut running: Running = beside(&gate, &hold.script()).spawn();
    running.answers("/ready", 200);
    proxy.refuse();
    running.answers("/ready", 503);
    proxy.restore();
    running.answers("/ready", 200);
    hold.let_go();
    running.wait(PATIENCE).expect(0);
}
