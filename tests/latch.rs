//! A sidecar that was open before, and readiness that follows the database.

use rustix::process::Signal;

use crate::support::eventually::PATIENCE;
use crate::support::{Gate, PoolMode, Pooler, Proxy, Running, TestDatabase, eventually};

/// A gate with a latch file, before a proxy that can be taken away.
fn gate(database: &TestDatabase, proxy: &Proxy) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_DATABASE_URL", database.url_via(proxy)).args(["serve"]);
    let latch = gate.file("latch");
    let gate = gate.env("LOCKGATE_LATCH_FILE", latch).env("LOCKGATE_LOG_FORMAT", "text");
    gate.chain(&[("0001_a.sql", "CREATE TABLE a ()")])
}

fn latched(database: &TestDatabase, proxy: &Proxy) -> Gate {
    let gate = gate(database, proxy);
    opened_once(&gate);
    gate
}

fn opened_once(gate: &Gate) {
    let mut running = gate.spawn();
    running.says("open: at head");
    eventually("the latch is written", || gate.file("latch").exists());
    running.terminate();
    running.wait(PATIENCE).expect(0);
}

fn is_shut(running: &mut Running) {
    running.says("waiting for the database");
    assert_eq!(running.http_get("/ready").status, 503);
}

#[test]
fn a_latch_is_written_when_the_gate_opens_and_not_before() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let gate = gate(&database, &proxy);
    let mut running = gate.spawn();
    is_shut(&mut running);
    assert!(!gate.file("latch").exists());

    proxy.restore();
    running.answers("/ready", 200);

    eventually("the latch is written", || gate.file("latch").exists());
}

#[test]
fn a_gate_that_fails_writes_no_latch() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database, &proxy).chain(&[("0002_bad.sql", "SELECT 1 / 0")]);
    gate.clone().env("LOCKGATE_LINGER", "0").run().expect(65);
    assert!(!gate.file("latch").exists());
}

#[test]
fn a_restart_while_the_database_is_away_is_ready_at_once_and_goes_on_checking() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy).env("LOCKGATE_WAIT_TIMEOUT", "300ms");
    proxy.refuse();

    let mut running = gate.spawn();

    running.says("opening at once");
    running.answers("/ready", 200);
    running.says("checking again");
    assert_eq!(running.http_get("/ready").status, 200);
    assert!(!running.stderr().contains("open: at head"), "{}", running.stderr());
    proxy.restore();
    running.says("open: at head 0001, nothing to do");
    assert_eq!(running.http_get("/ready").status, 200);
}

#[test]
fn a_chain_that_was_not_open_before_is_waited_for() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy);
    proxy.refuse();
    gate.write("0002_b.sql", "CREATE TABLE b ()");
    is_shut(&mut gate.spawn());

    gate.remove("0002_b.sql");
    gate.spawn().answers("/ready", 200);
    gate.write("0001_a.sql", "CREATE TABLE a (); -- the bytes count");
    is_shut(&mut gate.spawn());
}

#[test]
fn a_latch_of_another_history_does_not_open() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy).env("LOCKGATE_HISTORY_TABLE", "other.history");
    proxy.refuse();
    is_shut(&mut gate.spawn());
}

#[test]
fn a_latch_that_holds_anything_else_does_not_open() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let gate = gate(&database, &proxy);
    for content in [&b""[..], b"\n", b"open", b"\xff\xfe"] {
        std::fs::write(gate.file("latch"), content).expect("a file");
        is_shut(&mut gate.spawn());
    }
}

#[test]
fn sigterm_before_the_check_was_made_ends_an_open_gate_well() {
    for (signal, what) in [(Signal::TERM, "SIGTERM"), (Signal::INT, "SIGINT")] {
        let database = TestDatabase::new();
        let proxy = Proxy::to(database.cluster());
        let gate = latched(&database, &proxy);
        proxy.refuse();
        let mut running = gate.spawn();
        running.says("waiting for the database");
        assert_eq!(running.http_get("/ready").status, 200);
        running.signal(signal);
        let outcome = running.wait(PATIENCE);
        assert_eq!(outcome.code, Some(0), "{what}: {outcome}");
    }
}

/// A gate that opens by its latch, and its check finds this: it says so everywhere, stays ready, and asks again.
#[track_caller]
fn stays_open_and_says(gate: &Gate, code: &str) -> Running {
    let mut running = gate.spawn();
    running.says("opening at once");
    eventually(code, || running.http_get("/status").json()["failure"]["code"] == code);
    let status = running.http_get("/status").json();
    assert_eq!((&status["phase"], &status["ready"]), (&"open".into(), &true.into()), "{status}");
    assert!(status["failure"]["next"].is_string() && status["failure"]["since"].is_number(), "{status}");
    let metrics = running.http_get("/metrics").body;
    let shown = format!("lockgate_failure_info{{class=\"refuse\",code=\"{code}\"}} 1");
    assert!(metrics.contains(&shown) && metrics.contains("lockgate_ready 1"), "{metrics}");
    assert!(!metrics.contains("lockgate_failures_total{class=\"refuse\"} 0"), "{metrics}");
    eventually("it asks again", || running.stderr().matches("checking again in").count() > 1);
    let said = running.stderr();
    assert!(said.contains("ERROR") && said.contains(code), "{said}");
    assert_eq!((running.http_get("/ready").status, running.http_get("/health").status), (200, 200));
    running
}

#[track_caller]
fn is_content(running: &mut Running) {
    running.says("open: at head 0001");
    assert!(running.http_get("/status").json()["failure"].is_null());
    assert_eq!(running.http_get("/ready").status, 200);
}

#[test]
fn a_rotated_password_keeps_no_restarted_sidecar_out_and_the_new_file_is_read() {
    let database = TestDatabase::new();
    let role = database.cluster().role("LOGIN PASSWORD 'first' IN ROLE secret");
    database.sql(&format!("GRANT CREATE ON SCHEMA public TO {role}"));
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database, &proxy).env_remove("LOCKGATE_DATABASE_URL");
    let file = gate.file("url");
    std::fs::write(&file, database.url_as(&role, Some("first"))).expect("a file");
    let gate = gate.env("LOCKGATE_DATABASE_URL_FILE", &file);
    opened_once(&gate);
    database.sql(&format!("ALTER ROLE {role} PASSWORD 'second'"));

    let mut running = stays_open_and_says(&gate, "LG0311");

    assert!(!running.stderr().contains("first"), "{}", running.stderr());
    let cause = running.http_get("/ready").json()["output"].as_str().map(str::to_owned).unwrap_or_default();
    assert!(cause.contains("28P01"), "{cause}");
    std::fs::write(&file, database.url_as(&role, Some("second"))).expect("a file");
    is_content(&mut running);
    running.terminate();
    running.wait(PATIENCE).expect(0);

    // In the middle of the next rotation there is nothing to read.
    std::fs::write(&file, "").expect("a file");
    let mut running = gate.spawn();
    eventually("it says so", || running.http_get("/status").json()["failure"]["code"] == "LG0103");
    assert_eq!(running.http_get("/ready").status, 200);
    std::fs::write(&file, database.url_as(&role, Some("second"))).expect("a file");
    is_content(&mut running);
}

#[test]
fn a_newer_release_keeps_no_restarted_sidecar_out_where_ahead_is_to_fail() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy).env("LOCKGATE_AHEAD", "fail");
    let newer = Gate::new(&database).chain(&[("0001_a.sql", "CREATE TABLE a ()"), ("0002_b.sql", "CREATE TABLE b ()")]);
    let newer = newer.chain(&[("0002_b.down.sql", "DROP TABLE b")]);
    newer.with(["migrate"]).run().expect(0);

    let mut running = stays_open_and_says(&gate, "LG0504");

    let status = running.http_get("/status").json();
    assert_eq!((&status["current"], &status["ahead_revisions"]), (&"0002".into(), &serde_json::json!(["0002"])));
    newer.with(["down", "0001", "--yes"]).run().expect(0);
    is_content(&mut running);
}

#[test]
fn a_history_that_is_not_the_chains_keeps_no_restarted_sidecar_out() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy);
    database.sql("CREATE TABLE kept AS TABLE lockgate_history");
    const RESTORE: &str = "DELETE FROM lockgate_history; INSERT INTO lockgate_history TABLE kept";
    for (spoil, mend, code) in [
        ("UPDATE lockgate_history SET checksum = '1:other', bytes = 'other'", RESTORE, "LG0501"),
        (
            "UPDATE lockgate_history SET checksum = '1:other', bytes = 'other', description = 'invoices'",
            RESTORE,
            "LG0505",
        ),
        (
            "ALTER TABLE lockgate_history RENAME COLUMN bytes TO other",
            "ALTER TABLE lockgate_history RENAME COLUMN other TO bytes",
            "LG0506",
        ),
    ] {
        database.sql(spoil);
        let mut running = stays_open_and_says(&gate, code);
        database.sql(mend);
        is_content(&mut running);
        running.terminate();
        running.wait(PATIENCE).expect(0);
    }
}

#[test]
fn work_that_a_pooler_keeps_from_being_done_keeps_no_restarted_sidecar_out() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy);
    database.sql("DROP TABLE a, lockgate_history");
    let pooler = Pooler::start(database.cluster(), PoolMode::Transaction);
    let through = gate.env("LOCKGATE_DATABASE_URL", database.url_at(pooler.port()));
    let running = stays_open_and_says(&through, "LG0322");
    running.terminate();
    running.wait(PATIENCE).expect(0);
    assert_eq!(database.value("SELECT to_regclass('a') IS NULL"), "t");
}

#[test]
fn where_readiness_is_live_the_check_of_a_latched_gate_counts() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy).env("LOCKGATE_READINESS", "live");
    proxy.refuse();
    let mut running = gate.spawn();
    eventually("it is open, and not ready because of the database", || {
        let body = running.answers("/ready", 503).json();
        body["phase"] == "open" && body["code"] == "LG0301"
    });
    proxy.restore();
    running.answers("/ready", 200);
}

#[test]
fn a_database_that_was_put_back_is_brought_to_head_behind_an_open_gate() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy);
    database.sql("DROP TABLE a, lockgate_history");
    let mut running = gate.spawn();
    running.says("open: at head 0001, 1 revision applied");
    assert_eq!(database.value("SELECT to_regclass('a') IS NOT NULL"), "t");
}

#[test]
fn a_latch_that_cannot_be_written_is_said_and_the_gate_opens() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database, &proxy).env("LOCKGATE_LATCH_FILE", "/nowhere/latch");
    let mut running = gate.spawn();
    running.says("the latch file cannot be written");
    running.answers("/ready", 200);
}

#[test]
fn ready_stays_while_the_database_is_away_unless_it_is_to_follow_it() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = gate(&database, &proxy);
    let mut following = gate.clone().env("LOCKGATE_READINESS", "live").spawn();
    let mut staying = gate.spawn();
    following.answers("/ready", 200);
    staying.answers("/ready", 200);

    proxy.refuse();
    following.says("the database is away: not ready");
    following.answers("/ready", 503);
    assert_eq!(following.http_get("/livez").status, 200);
    assert_eq!(staying.http_get("/ready").status, 200);

    proxy.restore();
    following.answers("/ready", 200);
    following.terminate();
    following.wait(PATIENCE).expect(0);
}

#[test]
fn a_server_that_does_not_answer_is_away_too_where_readiness_follows() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let mut running = gate(&database, &proxy).env("LOCKGATE_READINESS", "live").spawn();
    running.answers("/ready", 200);
    proxy.freeze();
    running.answers("/ready", 503);
    proxy.thaw();
    running.answers("/ready", 200);
}
