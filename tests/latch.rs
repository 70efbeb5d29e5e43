//! A sidecar that was open before, and readiness that follows the database.

use rustix::process::Signal;

use crate::support::eventually::PATIENCE;
use crate::support::{Gate, Proxy, Running, TestDatabase, eventually};

/// A gate with a latch file, before a proxy that can be taken away.
fn gate(database: &TestDatabase, proxy: &Proxy) -> Gate {
    let gate = Gate::new(database).env("LOCKGATE_DATABASE_URL", database.url_via(proxy)).args(["serve"]);
    let latch = gate.file("latch");
    let gate = gate.env("LOCKGATE_LATCH_FILE", latch).env("LOCKGATE_LOG_FORMAT", "text");
    gate.chain(&[("0001_a.sql", "CREATE TABLE a ()")])
}

fn latched(database: &TestDatabase, proxy: &Proxy) -> Gate {
    let gate = gate(database, proxy);
    let mut running = gate.spawn();
    running.says("open: at head");
    eventually("the latch is written", || gate.file("latch").exists());
    running.terminate();
    running.wait(PATIENCE).expect(0);
    gate
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
    gate.run().expect(65);
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

#[test]
fn a_refusal_that_the_check_finds_ends_an_open_gate() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let gate = latched(&database, &proxy);
    database.sql("UPDATE lockgate_history SET checksum = '1:other', bytes = 'other'");
    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("LG0501"), "{outcome}");
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
