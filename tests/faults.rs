//! Failures on the server in the middle of a run: each has its own message and code, and a retry continues.

use std::path::PathBuf;
use std::process::Command;

use crate::support::cluster::unique;
use crate::support::eventually::PATIENCE;
use crate::support::process::{Unprivileged, Watchdog};
use crate::support::{Cluster, Gate, Outcome, Running, Session, TestDatabase, eventually};

fn gate(database: &TestDatabase) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"]);
    gate.chain(&[("0001_a.sql", "CREATE TABLE a (id int)")])
}

/// A role that may do everything in a database of its own, but is no superuser.
fn owner(database: &TestDatabase) -> String {
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("ALTER DATABASE {} OWNER TO {role}; GRANT ALL ON SCHEMA public TO {role}", database.name()));
    role
}

fn gate_as(database: &TestDatabase, role: &str) -> Gate {
    gate(database).env("LOCKGATE_DATABASE_URL", database.url_as(role, None))
}

fn history(database: &TestDatabase) -> String {
    database.value("SELECT string_agg(revision || ' ' || state, ', ' ORDER BY depth) FROM lockgate_history")
}

#[track_caller]
fn says(outcome: &Outcome, code: &str, words: &[&str]) {
    assert!(outcome.stderr.contains(&format!("error[{code}]")), "{code}: {outcome}");
    for word in words {
        assert!(outcome.stderr.contains(word), "{word}: {outcome}");
    }
}

/// A gate whose second revision waits for a table that the session has locked, behind a first that is applied.
fn in_the_middle(database: &TestDatabase, gate: &Gate) -> (Running, Session) {
    gate.with(["migrate", "0001"]).run().expect(0);
    gate.write("0002_b.sql", "ALTER TABLE a ADD b int");
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE a");
    let running = gate.clone().env("LOCKGATE_DDL_LOCK_TIMEOUT", "25s").spawn();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    eventually("the gate waits for the table", || database.value(waiting) == "1");
    (running, session)
}

/// Ends the gate's sessions, as a network or a person would.
fn end_its_sessions(database: &TestDatabase) {
    database.query_text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'lockgate/%'",
    );
}

/// A file system of some MiB, unmounted with the value, or with this process.
struct Mounted {
    place: PathBuf,
    _watchdog: Watchdog,
}

impl Mounted {
    /// Nothing where root may not mount; says so.
    fn small(megabytes: u32) -> Option<Self> {
        let place = tempfile::Builder::new().prefix("lockgate-test-").tempdir().expect("a directory").keep();
        let options = format!("size={megabytes}m,mode=0777");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "lockgate-test"]).arg(&place).output();
        if !mount.is_ok_and(|output| output.status.success()) {
            std::fs::remove_dir(&place).expect("an empty directory");
            eprintln!("skipped: mounting a file system that is full takes root");
            return None;
        }
        let clean_up = r#"umount -l "$1"; rmdir "$1""#;
        let watchdog = Watchdog::start(Unprivileged::ourselves(), clean_up, &[&place]);
        Some(Self { place, _watchdog: watchdog })
    }

    fn grow(&self, megabytes: u32) {
        let options = format!("remount,size={megabytes}m");
        let grown = Command::new("mount").args(["-o", &options]).arg(&self.place).status().expect("mount");
        assert!(grown.success());
    }
}

#[test]
fn a_full_disk_is_the_servers_and_a_retry_goes_on() {
    let Some(disk) = Mounted::small(4) else { return };
    // Its own: a test that fails leaves a server without a part of its data.
    let database = TestDatabase::on(&Cluster::start_private(&[]));
    let place = disk.place.join("data");
    std::fs::create_dir(&place).expect("a directory");
    Unprivileged::find().own(&place);
    let space = unique("space");
    database.session().sql(&format!("CREATE TABLESPACE {space} LOCATION '{}'", place.display()));
    let fill = format!(
        "CREATE TABLE small (id int);\nCREATE TABLE big TABLESPACE {space} AS SELECT g, repeat('x', 500) FROM generate_series(1, 20000) g"
    );
    let gate = gate(&database).chain(&[("0002_fill.sql", &fill)]);

    let outcome = gate.run().expect(75);

    says(&outcome, "LG0602", &["0002_fill.sql:2:1", "No space left on device", "SQLSTATE 53100"]);
    assert_eq!(history(&database), "0001 done");
    assert_eq!(database.value("SELECT to_regclass('small') IS NULL"), "t");
    disk.grow(64);
    gate.run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM big"), "20000");
    database.sql("DROP TABLE big");
    database.sql(&format!("DROP TABLESPACE {space}"));
}

#[test]
fn a_limit_of_temporary_files_is_the_servers_resource() {
    let database = TestDatabase::new();
    let role = owner(&database);
    database.sql(&format!("ALTER ROLE {role} SET temp_file_limit = '1MB'; ALTER ROLE {role} SET work_mem = '64kB'"));
    let sort = "CREATE TABLE b AS SELECT md5(g::text) FROM generate_series(1, 100000) g ORDER BY 1";
    let gate = gate_as(&database, &role).chain(&[("0002_sort.sql", sort)]);

    let outcome = gate.run().expect(75);

    says(&outcome, "LG0602", &["temporary file size exceeds", "SQLSTATE 53400", "0002_sort.sql:1:1"]);
    database.sql(&format!("ALTER ROLE {role} RESET temp_file_limit"));
    gate.run().expect(0);
}

#[test]
fn a_revision_that_needs_more_locks_than_there_are_is_not_told_to_try_again() {
    let settings = [("max_connections", "10"), ("max_locks_per_transaction", "10"), ("max_prepared_transactions", "0")];
    let cluster = Cluster::start_private(&settings);
    let database = TestDatabase::on(&cluster);
    let many = "DO $$ BEGIN FOR i IN 1..4000 LOOP EXECUTE format('CREATE TABLE many_%s ()', i); END LOOP; END $$";
    let gate = gate(&database).chain(&[("0002_many.sql", many)]);

    let outcome = gate.run().expect(65);

    let alone = "this revision alone needs more locks than max_locks_per_transaction";
    says(&outcome, "LG0601", &["out of shared memory", "SQLSTATE 53200", alone]);
    assert_eq!(history(&database), "0001 done");
    gate.write("0002_many.sql", "CREATE TABLE one ()");
    gate.run().expect(0);
}

#[test]
fn one_connection_is_enough() {
    let database = TestDatabase::new();
    let role = owner(&database);
    database.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT 1"));
    let outcome = gate_as(&database, &role).run().expect(0);
    assert_eq!(history(&database), "0001 done", "{outcome}");
}

#[test]
fn a_server_that_is_full_when_the_session_was_lost_is_waited_for() {
    let database = TestDatabase::new();
    let role = owner(&database);
    let gate = gate_as(&database, &role);
    let (mut running, session) = in_the_middle(&database, &gate);
    database.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT 0"));
    end_its_sessions(&database);
    running.says("too many connections for role");

    drop(session);
    database.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT -1"));

    running.wait(PATIENCE).expect(0);
    assert_eq!(history(&database), "0001 done, 0002 done");
}

#[test]
fn a_server_that_stays_full_is_named() {
    let database = TestDatabase::new();
    let role = owner(&database);
    let gate = gate_as(&database, &role).env("LOCKGATE_WAIT_TIMEOUT", "1s");
    let (running, _session) = in_the_middle(&database, &gate);
    database.sql(&format!("ALTER ROLE {role} CONNECTION LIMIT 0"));
    end_its_sessions(&database);
    says(&running.wait(PATIENCE).expect(75), "LG0304", &["too many connections for role"]);
    assert_eq!(history(&database), "0001 done");
}

#[test]
fn the_roles_own_timeouts_do_not_cut_a_migration_short() {
    let database = TestDatabase::new();
    let role = owner(&database);
    for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"] {
        database.sql(&format!("ALTER ROLE {role} SET {setting} = '100ms'"));
    }
    let gate = gate_as(&database, &role).chain(&[("0002_slow.sql", "SELECT pg_sleep(0.4); CREATE TABLE slow ()")]);
    gate.run().expect(0);
    assert_eq!(history(&database), "0001 done, 0002 done");
}

#[test]
fn a_statement_that_takes_longer_than_was_asked_for_is_cancelled_and_named() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_STATEMENT_TIMEOUT", "100ms");
    let outcome = gate.chain(&[("0002_slow.sql", "SELECT pg_sleep(60)")]).run().expect(65);
    says(&outcome, "LG0601", &["0002_slow.sql:1:1", "statement timeout", "LOCKGATE_STATEMENT_TIMEOUT"]);
    assert_eq!(history(&database), "0001 done");
}

#[test]
fn a_database_that_is_read_only_by_default_is_written_all_the_same() {
    let database = TestDatabase::new();
    let role = owner(&database);
    database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
    let outcome = gate_as(&database, &role).run().expect(0);
    assert_eq!(history(&database), "0001 done", "{outcome}");
}

/// As the platforms do it with a server whose disk is nearly full.
fn server_is_read_only(database: &TestDatabase, value: &str) {
    let session = database.session();
    session.sql("SET default_transaction_read_only = off");
    session.sql(&format!("ALTER SYSTEM SET default_transaction_read_only = {value}"));
    session.sql("SELECT pg_reload_conf()");
    eventually("the setting is in force", || database.value("SHOW default_transaction_read_only") == value);
}

#[test]
fn a_server_that_is_read_only_is_said_and_waited_for_and_open_at_head() {
    let database = TestDatabase::on(&Cluster::start_private(&[]));
    server_is_read_only(&database, "on");
    let gate = gate(&database);
    let outcome = gate.clone().env("LOCKGATE_WAIT_TIMEOUT", "500ms").run().expect(75);
    says(&outcome, "LG0305", &["is a standby or read-only"]);

    let mut running = gate.spawn();
    running.says("is a standby or read-only");
    server_is_read_only(&database, "off");
    running.wait(PATIENCE).expect(0);

    server_is_read_only(&database, "on");
    gate.run().expect(0);
    server_is_read_only(&database, "off");
}

#[test]
fn a_server_that_turns_read_only_in_the_middle_is_waited_for() {
    let database = TestDatabase::on(&Cluster::start_private(&[]));
    let gate = gate(&database);
    let (mut running, session) = in_the_middle(&database, &gate);
    server_is_read_only(&database, "on");
    end_its_sessions(&database);
    running.says("is a standby or read-only");
    drop(session);
    server_is_read_only(&database, "off");
    running.wait(PATIENCE).expect(0);
    assert_eq!(history(&database), "0001 done, 0002 done");
}

#[test]
fn a_transaction_that_never_ends_is_named_and_given_up_in_time() {
    let database = TestDatabase::new();
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "400ms").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "2s");
    gate.run().expect(0);
    gate.write("0002_b.sql", "ALTER TABLE a ADD b int");
    let session = database.session();
    session.sql("SET application_name = 'forgotten console'; BEGIN; SELECT * FROM a");

    let outcome = gate.run().expect(75);

    let pid = format!("pid {}", session.pid());
    says(&outcome, "LG0402", &["0002_b.sql:1:1", &pid, "forgotten console", "idle in transaction"]);
    assert_eq!(history(&database), "0001 done");
    session.sql("COMMIT");
    gate.run().expect(0);
}

#[test]
fn a_privilege_that_is_lost_in_the_middle_is_named_and_what_was_done_stays() {
    let database = TestDatabase::new();
    let role = owner(&database);
    let gate = gate_as(&database, &role).chain(&[("0003_c.sql", "CREATE TABLE c ()")]);
    let (running, session) = in_the_middle(&database, &gate);
    database.sql(&format!("REVOKE ALL ON SCHEMA public FROM {role}, PUBLIC; GRANT USAGE ON SCHEMA public TO {role}"));
    database.sql(&format!("ALTER DATABASE {} OWNER TO CURRENT_USER", database.name()));
    drop(session);

    let outcome = running.wait(PATIENCE).expect(77);

    says(&outcome, "LG0316", &["0003_c.sql:1:", "permission denied for schema public", "SQLSTATE 42501"]);
    assert_eq!(history(&database), "0001 done, 0002 done");
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    gate.run().expect(0);
}

#[test]
fn a_history_that_may_no_longer_be_written_keeps_the_revision_from_being_committed() {
    let database = TestDatabase::new();
    let role = owner(&database);
    let gate = gate_as(&database, &role);
    gate.with(["migrate", "0001"]).run().expect(0);
    gate.write("0002_b.sql", "ALTER TABLE a ADD b int");
    database.sql(&format!("REVOKE INSERT, UPDATE, DELETE ON lockgate_history FROM {role}"));

    says(&gate.run().expect(77), "LG0316", &["lockgate_history"]);

    assert_eq!(history(&database), "0001 done");
    database.sql(&format!("GRANT INSERT, UPDATE, DELETE ON lockgate_history TO {role}"));
    gate.run().expect(0);
}

#[test]
fn a_role_that_may_no_longer_log_in_when_the_session_was_lost_is_said() {
    let database = TestDatabase::new();
    let role = owner(&database);
    let gate = gate_as(&database, &role).env("LOCKGATE_AUTH_RETRY_FOR", "300ms");
    let (running, _session) = in_the_middle(&database, &gate);
    database.sql(&format!("ALTER ROLE {role} NOLOGIN"));
    end_its_sessions(&database);
    says(&running.wait(PATIENCE).expect(77), "LG0312", &["is not permitted to log in"]);
}

#[test]
fn a_history_from_the_future_is_read_by_its_order_not_by_its_times() {
    let database = TestDatabase::new();
    let gate = gate(&database).chain(&[("0002_b.sql", "CREATE TABLE b ()")]);
    gate.with(["migrate", "0001"]).run().expect(0);
    database.sql("UPDATE lockgate_history SET started_at = now() + '1 day', finished_at = now() + '1 day'");
    gate.run().expect(0);
    let said = gate.with(["history"]).run().expect(0).stdout;
    assert!(said.starts_with("0001") && said.lines().nth(1).is_some_and(|line| line.starts_with("0002")), "{said}");
}

#[test]
fn a_server_clock_that_is_set_back_in_the_middle_makes_no_wait_for_a_lock_longer() {
    let database = TestDatabase::new();
    // A clock that was set back by an hour between the first lock and the second: the budget began in the future.
    let script = "ALTER TABLE a ADD b int;
        SELECT set_config('lockgate.queuing_since', (extract(epoch FROM clock_timestamp()) + 3600)::text, true);
        ALTER TABLE held ADD b int";
    let gate = gate(&database).env("LOCKGATE_DDL_LOCK_TIMEOUT", "300ms").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "1s");
    gate.run().expect(0);
    database.sql("CREATE TABLE held ()");
    gate.write("0002_b.sql", script);
    let session = database.session();
    session.sql("BEGIN; LOCK TABLE held");
    says(&gate.run().expect(75), "LG0402", &["0002_b.sql:3:"]);
}
