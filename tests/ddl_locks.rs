//! Locks on tables: the traffic behind a revision waits for a short time only, and the session in the way is named.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Gate, Running, Session, TestDatabase, eventually};

const LONG: Duration = Duration::from_secs(60);
const RETRIED: &str = "rolled back, will try again";

/// A transaction that has read a table and stays open, with a literal in its query that no other role may see.
fn reader_that_stays(database: &TestDatabase, table: &str) -> Session {
    let session = database.session();
    session.sql("SET application_name = 'nightly report'; BEGIN");
    session.query_text(&format!("SELECT * FROM {table} WHERE name = 'the literal'"));
    session
}

fn table(database: &TestDatabase, name: &str) {
    database.sql(&format!("CREATE TABLE {name} (name text)"));
}

fn gate(database: &TestDatabase, budget: &str, script: &str) -> Gate {
    let gate = Gate::new(database).chain(&[("0001_change.sql", script)]).args(["migrate"]);
    gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", budget)
}

/// Waits until a statement of lockgate's has queued for a lock for this long, by the server's clock.
#[track_caller]
fn has_queued_for(database: &TestDatabase, seconds: f32) {
    let session = database.session();
    let queued = format!(
        "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND \
         a.datname = current_database() AND a.application_name LIKE 'lockgate/%' AND \
         clock_timestamp() - l.waitstart > interval '{seconds} s'"
    );
    eventually("it queues for a lock", || session.value(&queued) != "0");
}

/// Reads a table in a loop until told to stop; gives the longest wait and how often it read.
fn read_in_a_loop(database: &TestDatabase, table: &str, ended: &AtomicBool) -> (Duration, usize) {
    let session = database.session();
    let (mut longest, mut reads) = (Duration::ZERO, 0);
    while !ended.load(Ordering::Relaxed) {
        let asked = Instant::now();
        session.query_text(&format!("SELECT count(*) FROM {table}"));
        longest = longest.max(asked.elapsed());
        reads += 1;
    }
    (longest, reads)
}

/// The longest read of a table while `middle` runs.
fn longest_read(database: &TestDatabase, table: &str, middle: impl FnOnce()) -> Duration {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = (0..3).map(|_| scope.spawn(|| read_in_a_loop(database, table, &ended))).collect();
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(middle));
        ended.store(true, Ordering::Relaxed);
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().expect("a reader")).collect();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert!(seen.iter().all(|&(_, reads)| reads > 0));
        seen.into_iter().map(|(longest, _)| longest).max().expect("readers")
    })
}

fn say_twice(running: &mut Running) {
    eventually("two attempts", || {
        assert!(!running.has_ended(), "{}", running.stderr());
        running.stderr().matches(RETRIED).count() >= 2
    });
}

#[test]
fn no_reader_waits_longer_than_the_budget_while_a_revision_cannot_have_the_table() {
    let database = TestDatabase::new();
    table(&database, "busy");
    let blocker = reader_that_stays(&database, "busy");
    let gate = gate(&database, "1s", "ALTER TABLE busy ADD n int");

    let longest = longest_read(&database, "busy", || {
        let mut running = gate.spawn();
        say_twice(&mut running);
        blocker.sql("COMMIT");
        running.wait(LONG).expect(0);
    });

    assert!(longest <= Duration::from_secs(2), "a reader waited {longest:?}");
    assert_eq!(database.value("SELECT count(n) FROM busy"), "0");
}

#[test]
fn the_session_in_the_way_is_named_without_its_literals() {
    let database = TestDatabase::new();
    table(&database, "busy");
    let blocker = reader_that_stays(&database, "busy");
    let mut running = gate(&database, "1s", "ALTER TABLE busy ADD n int").spawn();
    running.says(RETRIED);
    blocker.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    let named = |line: &serde_json::Value| {
        let message = line["message"].as_str().unwrap_or_default();
        message.contains(RETRIED)
            && message.contains(&format!("pid {}, ", blocker.pid()))
            && message.contains("nightly report")
    };
    assert!(outcome.log().iter().any(named), "{outcome}");
    assert!(!outcome.stderr.contains("the literal"), "{outcome}");
}

#[test]
fn a_lock_that_is_never_won_ends_with_75_and_nothing_of_the_revision() {
    let database = TestDatabase::new();
    table(&database, "busy");
    let blocker = reader_that_stays(&database, "busy");
    let gate = gate(&database, "500ms", "CREATE TABLE first (); ALTER TABLE busy ADD n int; CREATE TABLE last ()");
    let outcome = gate.env("LOCKGATE_DDL_LOCK_RETRY_FOR", "1s").run().expect(75);
    for told in [&outcome.stderr, &outcome.termination_log] {
        assert!(told.contains("LG0402") && told.contains(&format!("pid {}", blocker.pid())), "{outcome}");
        assert!(told.contains("nightly report") && !told.contains("the literal"), "{outcome}");
    }
    let made = "SELECT count(*) FROM pg_class WHERE relname IN ('first', 'last', 'lockgate_history')";
    assert_eq!(database.value(made), "0");
    assert_eq!(
        database.value("SELECT count(*) FROM pg_attribute WHERE attrelid = 'busy'::regclass AND attname = 'n'"),
        "0"
    );
}

#[test]
fn tables_altered_in_one_revision_share_one_budget() {
    let database = TestDatabase::new();
    ["one", "two", "three"].iter().for_each(|name| table(&database, name));
    let (first, second) = (reader_that_stays(&database, "two"), reader_that_stays(&database, "three"));
    let gate =
        gate(&database, "3s", "ALTER TABLE one ADD n int; ALTER TABLE two ADD n int; ALTER TABLE three ADD n int");

    // `one` is held from the beginning, while two thirds of the budget go to `two` and the rest to `three`.
    let longest = longest_read(&database, "one", || {
        let mut running = gate.spawn();
        has_queued_for(&database, 2.0);
        first.sql("COMMIT");
        running.says(RETRIED);
        second.sql("COMMIT");
        running.wait(LONG).expect(0);
    });

    assert!(longest <= Duration::from_secs(4), "a reader waited {longest:?}");
}

#[test]
fn a_data_statement_waits_for_a_row_without_a_budget() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE rows AS SELECT 1 AS n");
    let writer = database.session();
    writer.sql("BEGIN; UPDATE rows SET n = 2");
    let running = gate(&database, "100ms", "UPDATE rows SET n = n + 10").spawn();
    has_queued_for(&database, 0.5);
    writer.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert!(!outcome.stderr.contains(RETRIED), "{outcome}");
    assert_eq!(database.value("SELECT n FROM rows"), "12");
}

#[test]
fn a_scripts_own_lock_timeout_stands() {
    let database = TestDatabase::new();
    table(&database, "busy");
    let blocker = reader_that_stays(&database, "busy");
    let running = gate(&database, "100ms", "SET lock_timeout = '20s'; ALTER TABLE busy ADD n int").spawn();
    has_queued_for(&database, 0.5);
    blocker.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert!(!outcome.stderr.contains(RETRIED), "{outcome}");
}

#[test]
fn a_scripts_own_lock_timeout_does_not_outlive_it() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE rows AS SELECT 1 AS n; CREATE TABLE free ()");
    let writer = database.session();
    writer.sql("BEGIN; UPDATE rows SET n = 2");
    let gate = gate(&database, "0s", "SET lock_timeout = '100ms'; ALTER TABLE free ADD n int");
    let running = gate.chain(&[("0002_data.sql", "UPDATE rows SET n = n + 10")]).spawn();
    has_queued_for(&database, 0.5);
    writer.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert!(!outcome.stderr.contains(RETRIED), "{outcome}");
}

#[test]
fn a_statement_that_takes_longer_than_its_timeout_is_refused_with_65() {
    let database = TestDatabase::new();
    let gate = gate(&database, "2s", "CREATE TABLE t ();\nSELECT pg_sleep(600)");
    let outcome = gate.env("LOCKGATE_STATEMENT_TIMEOUT", "500ms").run().expect(65);
    assert!(outcome.stderr.contains("LG0601") && outcome.stderr.contains("LOCKGATE_STATEMENT_TIMEOUT"), "{outcome}");
    assert!(outcome.stderr.contains("0001_change.sql:2:1"), "{outcome}");
    assert_eq!(database.value("SELECT to_regclass('t') IS NULL"), "t");
}

/// A role that owns the database, with a setting of its own.
fn url_of_role_with(database: &TestDatabase, setting: &str) -> String {
    let role = database.cluster().role("LOGIN");
    database.sql(&format!("ALTER DATABASE {} OWNER TO {role}; ALTER ROLE {role} SET {setting}", database.name()));
    database.url_as(&role, None)
}

/// Runs a slow statement, and one that waits for a row, as a role with this setting.
#[track_caller]
fn does_not_hurt(setting: &str) -> TestDatabase {
    let database = TestDatabase::new();
    let url = url_of_role_with(&database, setting);
    database.sql("CREATE TABLE rows AS SELECT 1 AS n; GRANT ALL ON rows TO public");
    let writer = database.session();
    writer.sql("BEGIN; UPDATE rows SET n = 2");
    let gate = Gate::at(&url).env("LOCKGATE_WAIT_TIMEOUT", "10s").args(["migrate"]);
    let gate = gate.chain(&[("0001_slow.sql", "CREATE TABLE t (); SELECT pg_sleep(0.6); UPDATE rows SET n = n + 10")]);
    let running = gate.spawn();
    has_queued_for(&database, 0.5);
    writer.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert!(!outcome.stderr.contains(RETRIED) && !outcome.stderr.contains("back to waiting"), "{outcome}");
    assert_eq!(database.value("SELECT n FROM rows"), "12");
    database
}

#[test]
fn a_roles_statement_timeout_does_not_hurt() {
    does_not_hurt("statement_timeout = '300ms'");
}

#[test]
fn a_roles_lock_timeout_does_not_hurt() {
    does_not_hurt("lock_timeout = '100ms'");
}

#[test]
fn a_roles_idle_in_transaction_timeout_does_not_hurt() {
    does_not_hurt("idle_in_transaction_session_timeout = '100ms'");
}

#[test]
fn a_roles_default_of_read_only_transactions_does_not_hurt() {
    does_not_hurt("default_transaction_read_only = on");
}

#[test]
fn a_roles_idle_session_timeout_does_not_hurt_between_attempts() {
    let database = TestDatabase::new();
    if database.cluster().version() < 14 {
        eprintln!("skipped: idle_session_timeout is new in PostgreSQL 14");
        return;
    }
    let url = url_of_role_with(&database, "idle_session_timeout = '300ms'");
    Session::open(&url).sql("CREATE TABLE busy (name text)");
    let blocker = reader_that_stays(&database, "busy");
    let gate = Gate::at(&url).chain(&[("0001_change.sql", "ALTER TABLE busy ADD n int")]).args(["migrate"]);
    let mut running = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "100ms").spawn();
    // The pauses between attempts grow beyond the timeout.
    eventually("four attempts", || running.stderr().matches(RETRIED).count() >= 4 || running.has_ended());
    blocker.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert!(!outcome.stderr.contains("back to waiting"), "{outcome}");
}

/// Gives the table to the owner of the database.
fn give_to_owner(database: &TestDatabase, table: &str) {
    let owner = database.value("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()");
    database.sql(&format!("ALTER TABLE {table} OWNER TO {owner}"));
}

/// The time that the first attempt queues for a lock that another session keeps, as the server reports it.
fn first_attempt(database: &TestDatabase, url: &str, own: Option<&str>) -> Duration {
    database.sql("CREATE TABLE busy (name text); GRANT ALL ON busy TO public");
    give_to_owner(database, "busy");
    let _blocker = reader_that_stays(database, "busy");
    let gate = Gate::at(url).chain(&[("0001_change.sql", "ALTER TABLE busy ADD n int")]).args(["migrate"]);
    let gate = own.into_iter().fold(gate, |gate, own| gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", own));
    let mut running = gate.spawn();
    let queues = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.datname = \
                  current_database() AND a.application_name LIKE 'lockgate/%'";
    let watcher = database.session();
    eventually("it queues", || watcher.value(queues) != "0");
    let began = Instant::now();
    running.says(RETRIED);
    let took = began.elapsed();
    running.terminate();
    running.wait(LONG).expect(143);
    took
}

#[test]
fn a_shorter_lock_timeout_of_the_operator_stands_unless_a_person_set_ours() {
    for (own, is_short) in [(None, true), (Some("3s"), false)] {
        let database = TestDatabase::new();
        let url = url_of_role_with(&database, "lock_timeout = '300ms'");
        let took = first_attempt(&database, &url, own);
        assert_eq!(took < Duration::from_millis(1_800), is_short, "{own:?}: {took:?}");
    }
}

#[test]
fn a_roles_timeouts_do_not_end_the_planning() {
    let database = TestDatabase::new();
    let url = url_of_role_with(&database, "statement_timeout = '1s'");
    database.sql("CREATE TABLE t (n int DEFAULT 1)");
    give_to_owner(&database, "t");
    // Another session alters a column that the planning reads.
    let them = database.session();
    them.sql("BEGIN; ALTER TABLE t ALTER n SET DEFAULT 2");
    let script = "CREATE TABLE IF NOT EXISTS t (n int DEFAULT 1)";
    let gate = Gate::at(&url).chain(&[("0001_t.sql", script)]).env("LOCKGATE_DDL_LOCK_TIMEOUT", "60s");
    let running = [gate.with(["plan"]).spawn(), gate.with(["migrate"]).spawn()];
    has_queued_for(&database, 1.5);
    them.sql("ROLLBACK");
    for one in running {
        one.wait(LONG).expect(0);
    }
}

#[test]
fn the_servers_keepalives_are_ours_before_the_planning() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE t (n int DEFAULT 1)");
    let them = database.session();
    them.sql("BEGIN; ALTER TABLE t ALTER n SET DEFAULT 2");
    let gate = Gate::new(&database).chain(&[("0001_t.sql", "CREATE TABLE IF NOT EXISTS t (n int DEFAULT 2)")]);
    let running = gate.args(["migrate"]).env("LOCKGATE_DDL_LOCK_TIMEOUT", "60s").spawn();
    has_queued_for(&database, 0.1);
    // The timer of the server's own end of the session that plans.
    let port = database.value(
        "SELECT client_port FROM pg_stat_activity JOIN pg_locks l USING (pid) WHERE NOT l.granted AND application_name LIKE \
         'lockgate/%' LIMIT 1",
    );
    let table = std::fs::read_to_string("/proc/net/tcp").expect("Linux");
    let remote = format!(":{:04X}", port.parse::<u16>().expect("a port"));
    let timer = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let expires = fields.get(5)?.strip_prefix("02:")?;
        (fields.get(2)?.ends_with(&remote)).then(|| u64::from_str_radix(expires, 16).ok())?
    });
    let hundredths = timer.max().expect("a keepalive timer of the server's end");
    them.sql("ROLLBACK");
    drop(running);
    assert!(hundredths <= 1_600, "{hundredths} hundredths of a second");
}
