//! PgBouncer between gate and server.

use std::time::Duration;

use crate::support::{Gate, Outcome, PoolMode, Pooler, Session, TestDatabase};

const LONG: Duration = Duration::from_secs(60);

fn gate(database: &TestDatabase, pooler: &Pooler) -> Gate {
    let gate = Gate::at(&database.url_at(pooler.port())).args(["migrate"]);
    gate.chain(&[("0001_one.sql", "CREATE TABLE t (n int)"), ("0002_two.sql", "INSERT INTO t VALUES (2)")])
}

fn transaction_pool(database: &TestDatabase, size: &str) -> Pooler {
    Pooler::start_with(database.cluster(), PoolMode::Transaction, &[("default_pool_size", size)])
}

#[track_caller]
fn is_refused(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(69), "{outcome}");
    assert!(outcome.stderr.contains("LG0322") && outcome.termination_log.contains("LG0322"), "{outcome}");
    let fix = "give LOCKGATE_DATABASE_URL the direct address of the server";
    assert!(outcome.stderr.contains(fix) && outcome.termination_log.contains(fix), "{outcome}");
}

#[track_caller]
fn nothing_is_left(database: &TestDatabase) {
    let locks = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                 WHERE l.locktype = 'advisory' AND d.datname = current_database()";
    assert_eq!(database.value(locks), "0", "an advisory lock is left on a server connection");
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relname IN ('t', 'lockgate_history')"), "0");
}

#[test]
fn a_transaction_pool_of_one_is_refused_with_69_and_the_fix() {
    let database = TestDatabase::new();
    let pooler = transaction_pool(&database, "1");
    is_refused(&gate(&database, &pooler).run());
    nothing_is_left(&database);
}

#[test]
fn a_transaction_pool_of_many_is_refused_with_69_and_the_fix() {
    let database = TestDatabase::new();
    let pooler = transaction_pool(&database, "20");
    is_refused(&gate(&database, &pooler).run());
    nothing_is_left(&database);
}

#[test]
fn a_transaction_pool_that_an_application_uses_is_refused_as_well() {
    let database = TestDatabase::new();
    let pooler = transaction_pool(&database, "3");
    let busy = Session::open(&database.url_at(pooler.port()));
    busy.sql("BEGIN; SELECT 1");
    is_refused(&gate(&database, &pooler).run());
    busy.sql("COMMIT");
    nothing_is_left(&database);
}

#[test]
fn a_transaction_pool_that_gives_its_sessions_in_turn_is_refused_as_well() {
    let database = TestDatabase::new();
    let settings = [("default_pool_size", "2"), ("server_round_robin", "1")];
    let pooler = Pooler::start_with(database.cluster(), PoolMode::Transaction, &settings);
    let clients = [(); 2].map(|()| Session::open(&database.url_at(pooler.port())));
    clients.iter().for_each(|client| client.sql("BEGIN"));
    clients.iter().for_each(|client| client.sql("COMMIT"));
    is_refused(&gate(&database, &pooler).run());
    nothing_is_left(&database);
}

#[track_caller]
fn eight_at_once_are_refused(size: &str) {
    let database = TestDatabase::new();
    let pooler = transaction_pool(&database, size);
    let gate = gate(&database, &pooler);
    let crowd: Vec<_> = (0..8).map(|at| gate.clone().env("POD_NAME", format!("pod-{at}")).spawn()).collect();
    let outcomes: Vec<_> = crowd.into_iter().map(|one| one.wait(LONG)).collect();
    for outcome in &outcomes {
        assert_eq!(outcome.code, Some(69), "{outcome}");
        assert!(outcome.stderr.contains("LG0322"), "{outcome}");
    }
    nothing_is_left(&database);
}

#[test]
fn eight_at_once_behind_a_transaction_pool_of_one_are_all_refused() {
    eight_at_once_are_refused("1");
}

#[test]
fn eight_at_once_behind_a_transaction_pool_of_four_are_all_refused() {
    eight_at_once_are_refused("4");
}

#[test]
fn at_head_a_transaction_pool_is_good_enough() {
    let database = TestDatabase::new();
    let pooler = transaction_pool(&database, "1");
    let gate = gate(&database, &pooler);
    gate.clone().env("LOCKGATE_DATABASE_URL", database.url()).run().expect(0);
    gate.run().expect(0);
    gate.with(["wait"]).run().expect(0);
    gate.with(["status", "--check"]).run().expect(0);
}

#[test]
fn no_setting_of_ours_leaks_to_other_clients_of_a_transaction_pool() {
    let database = TestDatabase::new();
    database.sql(&format!("ALTER DATABASE {} SET statement_timeout = '77s'", database.name()));
    let pooler = transaction_pool(&database, "1");
    let settings = "SELECT name, setting FROM pg_settings WHERE name <> 'application_name' ORDER BY name";
    let client = Session::open(&database.url_at(pooler.port()));
    let before = client.query_text(settings);
    let gate = gate(&database, &pooler);

    // Refused, and then at head.
    is_refused(&gate.run());
    let after_refusal = client.query_text(settings);
    gate.clone().env("LOCKGATE_DATABASE_URL", database.url()).run().expect(0);
    gate.run().expect(0);
    let at_head = client.query_text(settings);

    assert_eq!(before, after_refusal);
    assert_eq!(before, at_head);
    assert_eq!(client.value("SHOW statement_timeout"), "77s");
}

#[test]
fn a_session_pool_works_fully() {
    let database = TestDatabase::new();
    // Observers need a server session of their own.
    let pooler = Pooler::start_with(database.cluster(), PoolMode::Session, &[("default_pool_size", "3")]);
    let gate = gate(&database, &pooler);
    gate.run().expect(0);
    gate.run().expect(0);
    assert_eq!(database.query_text("SELECT n FROM t"), [["2"]]);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
}

#[test]
fn a_session_pool_of_one_works_too() {
    let database = TestDatabase::new();
    let pooler = Pooler::start(database.cluster(), PoolMode::Session);
    gate(&database, &pooler).run().expect(0);
    assert_eq!(database.query_text("SELECT n FROM t"), [["2"]]);
}
