//! The other commands, and the errors in the command line and the settings that are refused.

use std::time::{Duration, Instant};

use crate::support::{Gate, Proxy, TestDatabase, eventually};

const PATIENCE: Duration = Duration::from_secs(30);

fn offline() -> Gate {
    Gate::without_database().env("LOCKGATE_LOG_FORMAT", "text")
}

fn files(gate: &Gate) -> Vec<String> {
    let entries = std::fs::read_dir(gate.chain_directory()).expect("the chain");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

// --- wait ---

#[test]
fn wait_opens_when_another_run_has_brought_the_database_to_head() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "CREATE TABLE t ()")]);
    let mut waiting = gate.with(["wait"]).spawn();
    waiting.says("waiting for another run to bring the database to head");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
    gate.with(["migrate"]).run().expect(0);
    waiting.wait(PATIENCE).expect(0);
}

#[test]
fn wait_ends_at_its_deadline() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    let outcome = gate.with(["wait", "--wait-timeout=300ms"]).run().expect(75);
    assert!(outcome.stderr.contains("LG0508"), "{outcome}");
    assert!(outcome.termination_log.starts_with("LG0508 (retry, exit 75)"), "{outcome}");
}

#[test]
fn wait_has_one_deadline_for_the_database_and_for_head() {
    let timeout = Duration::from_secs(4);
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = Gate::at(&database.url_via(&proxy)).chain(&[("0001_a.sql", "SELECT 1")]);
    let began = Instant::now();
    let mut waiting = gate.env("LOCKGATE_WAIT_TIMEOUT", "4s").args(["wait"]).spawn();
    waiting.says("waiting for another run");
    eventually("the wait is nearly over", || began.elapsed() > timeout * 3 / 4);
    proxy.refuse();
    let away = Instant::now();

    let outcome = waiting.wait(PATIENCE).expect(75);

    assert!(away.elapsed() < timeout, "a wait of its own for the database: {:?}; {outcome}", away.elapsed());
}

#[test]
fn wait_opens_where_the_database_is_ahead() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1"), ("0002_b.sql", "SELECT 2")]);
    gate.with(["migrate"]).run().expect(0);
    gate.remove("0002_b.sql");
    gate.with(["wait"]).run().expect(0);
}

#[test]
fn wait_does_not_wait_for_what_can_never_be() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    gate.with(["migrate"]).run().expect(0);
    gate.write("0001_a.sql", "SELECT 2");
    let outcome = gate.with(["wait"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0501"), "{outcome}");
}

#[test]
fn wait_ends_on_a_signal() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1")]);
    let mut waiting = gate.with(["wait"]).spawn();
    waiting.says("waiting for another run");
    waiting.terminate();
    waiting.wait(PATIENCE).expect(143);
}

// --- new ---

#[test]
fn new_begins_a_chain_and_goes_on_with_it() {
    let gate = offline();
    gate.with(["new", "Create users"]).run().expect(0);
    gate.with(["new", "add e-mail (unique)", "--no-down"]).run().expect(0);
    let made = ["0001_create_users.down.sql", "0001_create_users.sql", "0002_add_e_mail_unique.sql"];
    assert_eq!(files(&gate), made);
    assert!(gate.read("0001_create_users.sql").contains("Create users"));
}

#[test]
fn new_makes_the_directory() {
    let gate = offline();
    let directory = gate.file("some/where");
    gate.clone().env("LOCKGATE_MIGRATIONS", &directory).with(["new", "first"]).run().expect(0);
    assert!(directory.join("0001_first.sql").exists());
}

#[test]
fn new_keeps_the_width_of_numbers() {
    for (head, next) in [("9_x.sql", "10_y.sql"), ("0099_x.sql", "0100_y.sql"), ("999_x.sql", "1000_y.sql")] {
        let gate = offline().chain(&[(head, "SELECT 1")]);
        gate.with(["new", "y", "--no-down"]).run().expect(0);
        assert!(files(&gate).contains(&next.to_owned()), "{:?}", files(&gate));
    }
}

#[test]
fn new_keeps_to_timestamps() {
    let gate = offline().chain(&[("20240102030405_x.sql", "SELECT 1")]);
    gate.with(["new", "y", "--no-down"]).run().expect(0);
    let id = files(&gate)[1].trim_end_matches("_y.sql").to_owned();
    assert!(id.len() == 14 && id.as_str() > "20260101000000" && id.as_str() < "21000101000000", "{id}");
}

#[test]
fn new_says_what_a_hash_follows() {
    let gate = offline().chain(&[("28e1ce4c3187_x.sql", "SELECT 1")]);
    for name in ["y", "z"] {
        gate.with(["new", name, "--no-down"]).run().expect(0);
        let file = files(&gate).into_iter().find(|file| file.ends_with(&format!("_{name}.sql"))).expect("the file");
        gate.write(&file, format!("{}SELECT 1", gate.read(&file)));
    }
    let of = |name: &str| files(&gate).into_iter().find(|file| file.ends_with(name)).expect("the file");
    assert!(gate.read(&of("_y.sql")).starts_with("-- lockgate:after 28e1ce4c3187\n"));
    let y = of("_y.sql").trim_end_matches("_y.sql").to_owned();
    assert!(gate.read(&of("_z.sql")).starts_with(&format!("-- lockgate:after {y}\n")));
}

#[test]
fn new_makes_a_chain_that_migrates() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database);
    for (name, sql) in [("one", "CREATE TABLE one ()"), ("two", "CREATE TABLE two ()")] {
        gate.with(["new", name]).run().expect(0);
        let file = files(&gate).into_iter().find(|file| file.ends_with(&format!("_{name}.sql"))).expect("the file");
        gate.write(&file, format!("{}{sql};\n", gate.read(&file)));
    }
    gate.with(["migrate"]).run().expect(0);
    assert_eq!(database.value("SELECT string_agg(description, ',' ORDER BY depth) FROM lockgate_history"), "one,two");
}

#[test]
fn new_says_which_files_it_made() {
    let outcome = offline().with(["new", "create users"]).run().expect(0);
    let made: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(made.len(), 2, "{outcome}");
    assert!(made[0].ends_with("migrations/0001_create_users.sql"), "{outcome}");
    assert!(made[1].ends_with("migrations/0001_create_users.down.sql"), "{outcome}");
}

#[test]
fn new_writes_over_nothing() {
    let gate = offline();
    // In the way, and no part of the chain that could have been read: a link to a file that is still to come.
    let link = gate.chain_directory().join("0001_y.sql");
    std::os::unix::fs::symlink("later", &link).expect("a link");
    let outcome = gate.with(["new", "y"]).run();
    assert_ne!(outcome.code, Some(0), "{outcome}");
    assert!(link.is_symlink() && files(&gate) == ["0001_y.sql"], "{:?}", files(&gate));
}

#[test]
fn new_refuses_a_chain_with_a_way_back_from_nowhere() {
    let gate = offline().chain(&[("0001_x.sql", "SELECT 1"), ("0002_y.down.sql", "SELECT 'mine'")]);
    gate.with(["new", "y"]).run().expect(65);
    assert_eq!(gate.read("0002_y.down.sql"), "SELECT 'mine'");
}

#[test]
fn new_refuses_a_name_without_a_word() {
    for name in ["", "   ", "--", "()"] {
        let gate = offline();
        let outcome = gate.with(["new", "--", name]).run().expect(64);
        assert!(outcome.stderr.contains("LG0100"), "{outcome}");
        assert_eq!(files(&gate), [""; 0]);
    }
}

#[test]
fn new_stays_in_the_directory() {
    let gate = offline();
    gate.with(["new", "../../etc/passwd; rm -rf /", "--no-down"]).run().expect(0);
    assert_eq!(files(&gate), ["0001_etc_passwd_rm_rf.sql"]);
}

#[test]
fn new_refuses_a_chain_that_is_none() {
    let gate = offline().chain(&[("a_x.sql", "SELECT 1"), ("b_y.sql", "SELECT 1")]);
    let outcome = gate.with(["new", "y"]).run().expect(65);
    assert!(outcome.stderr.contains("LG0202"), "{outcome}");
}

// --- explain, help, usage ---

#[test]
fn explain_tells_a_code_in_full() {
    for code in ["LG0311", "lg0311", "311", "0311"] {
        let said = offline().with(["explain", code]).run().expect(0).stdout;
        assert!(said.starts_with("LG0311: the password is refused\n") && said.contains("Exit code 77"), "{said}");
    }
}

#[test]
fn explain_without_a_code_lists_them() {
    let said = offline().with(["explain"]).run().expect(0).stdout;
    assert!(said.lines().count() > 30 && said.lines().all(|line| line.starts_with("LG0")), "{said}");
}

#[test]
fn explain_refuses_an_unknown_code() {
    offline().with(["explain", "LG9999"]).run().expect(64);
}

#[test]
fn help_and_version_are_no_error() {
    for arguments in [&["--help"][..], &["--version"], &["migrate", "--help"], &["help", "exec"]] {
        let outcome = offline().with(arguments).run().expect(0);
        assert!(!outcome.stdout.is_empty() && outcome.stderr.is_empty(), "{outcome}");
    }
}

#[test]
fn wrong_usage_is_64() {
    let wrong =
        [&[][..], &["migrat"], &["migrate", "--no-such-flag"], &["exec"], &["exec", "--"], &["new"], &["wait", "x"]];
    for arguments in wrong {
        let outcome = offline().with(arguments).run().expect(64);
        assert!(outcome.stdout.is_empty() && !outcome.stderr.is_empty(), "{arguments:?} {outcome}");
    }
}

// --- settings ---

#[test]
fn a_flag_that_is_unknown_is_no_target() {
    let outcome = offline().with(["migrate", "--aheda=fail"]).run().expect(64);
    assert!(outcome.stderr.contains("--aheda"), "{outcome}");
}

#[test]
fn a_step_back_is_a_target_and_no_flag() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    let outcome = gate.with(["migrate", "-1"]).run().expect(64);
    assert!(outcome.stderr.contains("-1 goes below base"), "{outcome}");
}

#[test]
fn no_database_is_a_wrong_configuration() {
    for command in [&["migrate"][..], &["wait"], &["status"], &["serve"], &["exec", "--", "true"]] {
        let outcome = offline().chain(&[("0001_a.sql", "SELECT 1")]).with(command).run().expect(78);
        assert!(outcome.stderr.contains("LG0102") && outcome.stderr.contains("LOCKGATE_DATABASE_URL"), "{outcome}");
    }
}

#[test]
fn every_wrong_setting_is_named_at_once_and_no_value() {
    let gate = offline()
        .env("LOCKGATE_DATABASE_URL", "postgres://app:hunter2@host:port/db")
        .env("LOCKGATE_WAIT_TIMEOUT", "5")
        .env("LOCKGATE_AHEAD", "perhaps")
        .env("LOCKGATE_LISTEN", "nowhere")
        .env("LOCKGATE_HISTORY_TABLE", "a.b.c")
        .env("LOCKGATE_LOG", "loud=very");
    let outcome = gate.with(["migrate", "--lock-wait=never"]).run().expect(78);
    let names = ["DATABASE_URL", "WAIT_TIMEOUT", "AHEAD", "LISTEN", "HISTORY_TABLE", "LOG", "LOCK_WAIT"];
    for name in names {
        assert!(outcome.stderr.contains(&format!("LOCKGATE_{name}: ")), "{name}; {outcome}");
    }
    assert!(outcome.stderr.contains("LG0101") && !outcome.stderr.contains("hunter2"), "{outcome}");
}

#[test]
fn an_unknown_setting_is_a_warning_with_the_nearest_name() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).env("LOCKGATE_LOG_FORMAT", "text").chain(&[("0001_a.sql", "SELECT 1")]);
    let gate = gate.env("LOCKGATE_WAIT_TIMEOUTS", "1s").env("LOCKGATE_PORT", "tcp://10.0.0.1:9321");
    let outcome = gate.with(["migrate"]).run().expect(0);
    let warned = "LOCKGATE_WAIT_TIMEOUTS is not a setting and is ignored: is LOCKGATE_WAIT_TIMEOUT meant?";
    assert!(outcome.stderr.contains(warned) && !outcome.stderr.contains("LOCKGATE_PORT"), "{outcome}");
}

#[test]
fn a_flag_wins_over_the_variable() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_a.sql", "SELECT 1")]).env("LOCKGATE_HISTORY_TABLE", "from_variable");
    gate.with(["migrate", "--history-table=from_flag"]).run().expect(0);
    assert_eq!(
        database.value("SELECT to_regclass('from_flag') IS NOT NULL AND to_regclass('from_variable') IS NULL"),
        "t"
    );
}
