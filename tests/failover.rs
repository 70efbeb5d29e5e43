//! A primary that dies in the middle of a revision, and a standby that takes its place: the URL names both hosts.

use crate::support::eventually::PATIENCE;
use crate::support::{Cluster, Gate, Running, Session, Shutdown, TestDatabase, eventually};

/// Two servers, one streaming to the other, and a database on both.
struct Pair {
    primary: Cluster,
    standby: Cluster,
    database: TestDatabase,
}

impl Pair {
    fn start() -> Self {
        let primary = Cluster::start_private(&[]);
        let standby = primary.standby();
        let database = TestDatabase::on(&primary);
        let pair = Self { primary, standby, database };
        pair.catch_up();
        pair
    }

    /// Waits until the standby has replayed all that was committed.
    fn catch_up(&self) {
        let position = self.primary.session("postgres").value("SELECT pg_current_wal_lsn()");
        let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn");
        let standby = self.standby.session("postgres");
        eventually("the standby has caught up", || standby.value(&replayed) == "t");
    }

    /// The standby first: the gate has to find the server that takes writes, not the one that is named first.
    fn gate(&self) -> Gate {
        let (standby, primary) = (self.standby.port(), self.primary.port());
        let hosts = format!("127.0.0.1:{standby},127.0.0.1:{primary}");
        let name = self.database.name();
        let url = format!("postgresql://app@{hosts}/{name}?sslmode=disable&target_session_attrs=read-write");
        Gate::at(&url).env("LOCKGATE_LOG_FORMAT", "text").args(["migrate"])
    }

    fn fail_over(&self) {
        self.primary.stop(Shutdown::Immediate);
        self.standby.promote();
    }

    fn on_the_new_primary(&self, sql: &str) -> String {
        self.standby.session(self.database.name()).value(sql)
    }
}

const HISTORY: &str = "SELECT string_agg(revision || ' ' || state, ', ' ORDER BY depth) FROM lockgate_history";

/// Waits until the gate's second revision is held up by the session.
fn in_the_middle(pair: &Pair, gate: &Gate, holding: &str, waiting: &str) -> (Running, Session) {
    gate.with(["migrate", "0001"]).run().expect(0);
    let session = pair.database.session();
    session.sql(holding);
    let mut running = gate.clone().env("LOCKGATE_DDL_LOCK_TIMEOUT", "25s").spawn();
    eventually("the gate is in the middle", || {
        assert!(!running.has_ended(), "{}", running.stderr());
        pair.database.value(waiting) == "1"
    });
    (running, session)
}

#[test]
fn a_revision_that_lost_its_primary_is_applied_once_on_the_new_one() {
    let pair = Pair::start();
    let gate = pair.gate().chain(&[
        ("0001_a.sql", "CREATE TABLE a (id int); INSERT INTO a VALUES (1)"),
        ("0002_b.sql", "INSERT INTO a VALUES (2); ALTER TABLE a ADD b int; INSERT INTO a VALUES (3)"),
        ("0003_c.sql", "INSERT INTO a VALUES (4)"),
    ]);
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
    let (running, session) = in_the_middle(&pair, &gate, "BEGIN; SELECT * FROM a", waiting);
    pair.catch_up();

    pair.fail_over();

    let outcome = running.wait(PATIENCE).expect(0);
    assert!(outcome.stderr.contains("back to waiting"), "{outcome}");
    assert_eq!(pair.on_the_new_primary("SELECT string_agg(id::text, ' ' ORDER BY id) FROM a"), "1 2 3 4");
    assert_eq!(pair.on_the_new_primary(HISTORY), "0001 done, 0002 done, 0003 done");
    drop(session);
}

#[test]
fn an_index_that_lost_its_primary_while_it_was_built_is_valid_on_the_new_one() {
    let pair = Pair::start();
    let gate = pair.gate().chain(&[
        ("0001_a.sql", "CREATE TABLE a (id int); INSERT INTO a SELECT generate_series(1, 1000)"),
        (
            "0002_b.sql",
            "INSERT INTO a VALUES (0);\nCREATE INDEX CONCURRENTLY a_id ON a (id);\nINSERT INTO a VALUES (-1)",
        ),
    ]);
    let building = "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('a_id') AND NOT indisvalid";
    let (running, session) = in_the_middle(&pair, &gate, "BEGIN; INSERT INTO a VALUES (5)", building);
    pair.catch_up();

    pair.fail_over();

    running.wait(PATIENCE).expect(0);
    assert_eq!(pair.on_the_new_primary("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_id'::regclass"), "t");
    assert_eq!(pair.on_the_new_primary("SELECT count(*) FROM a"), "1002");
    assert_eq!(pair.on_the_new_primary(HISTORY), "0001 done, 0002 done");
    drop(session);
}

#[test]
fn what_the_standby_had_not_received_is_applied_again_there() {
    let pair = Pair::start();
    let gate = pair.gate().chain(&[
        ("0001_a.sql", "CREATE TABLE a (id int); INSERT INTO a VALUES (1)"),
        ("0002_b.sql", "INSERT INTO a VALUES (2)"),
    ]);
    gate.with(["migrate", "0001"]).run().expect(0);
    pair.catch_up();
    pair.standby.stop(Shutdown::Immediate);
    gate.run().expect(0);
    pair.primary.stop(Shutdown::Immediate);
    pair.standby.start();
    pair.standby.promote();

    gate.run().expect(0);

    assert_eq!(pair.on_the_new_primary("SELECT string_agg(id::text, ' ' ORDER BY id) FROM a"), "1 2");
    assert_eq!(pair.on_the_new_primary(HISTORY), "0001 done, 0002 done");
}

#[test]
fn a_standby_alone_is_waited_for_until_it_is_promoted() {
    let pair = Pair::start();
    let gate = pair.gate().chain(&[("0001_a.sql", "CREATE TABLE a (id int)")]);
    pair.primary.stop(Shutdown::Immediate);
    let outcome = gate.clone().env("LOCKGATE_WAIT_TIMEOUT", "500ms").run().expect(75);
    assert!(outcome.stderr.contains("error[LG0305]") || outcome.stderr.contains("error[LG0301]"), "{outcome}");

    let mut running = gate.spawn();
    running.says("waiting for the database");
    pair.standby.promote();

    running.wait(PATIENCE).expect(0);
    assert_eq!(pair.on_the_new_primary(HISTORY), "0001 done");
}
