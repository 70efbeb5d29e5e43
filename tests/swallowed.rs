//! A network that swallows packets: neither side is told, and both notice. It takes half a minute each, so it is a part of
//! `make test-long` (`LOCKGATE_TEST_LONG=1`).

use std::time::{Duration, Instant};

use crate::support::network::{Network, SERVER};
use crate::support::{Cluster, Gate, HELD, Hold, Running, TestDatabase, long_tests_are_wanted};

/// Both sides have to notice within this time; the platform's patience with a node is shorter than with nothing.
const BOUND: Duration = Duration::from_secs(60);

/// A gate at work in a statement, the server's backend, and the lock that holds it there.
struct Scene {
    network: Network,
    database: TestDatabase,
    hold: Hold,
    backend: i32,
    running: Running,
}

fn scene() -> Option<Scene> {
    if !long_tests_are_wanted() {
        return None;
    }
    let Some(network) = Network::new() else {
        eprintln!("not run: this account may not make network namespaces");
        return None;
    };
    let cluster = network.at_server(|| Cluster::start_private(&[("listen_addresses", "*")]));
    let database = TestDatabase::on(&cluster);
    let rules = format!("{}/data/pg_hba.conf", cluster.socket_directory().display());
    database.sql(&format!("COPY (VALUES ('local all all trust'), ('host all all 10.219.0.0/16 trust')) TO '{rules}'"));
    database.sql("SELECT pg_reload_conf()");
    let hold = Hold::on(&database);
    let chain = [("0001_held.sql", HELD), ("0002_once.sql", "CREATE TABLE once (); INSERT INTO once DEFAULT VALUES")];
    let gate = Gate::at(&database.url().replace("127.0.0.1", SERVER)).chain(&chain).args(["migrate"]);
    let running = network.at_client(move || gate.spawn());
    let backend = hold.reached();
    Some(Scene { network, database, hold, backend, running })
}

/// Waits until the condition holds, at most [`BOUND`], and prints the time.
#[track_caller]
fn within(what: &str, since: Instant, mut condition: impl FnMut() -> bool) {
    while !condition() {
        assert!(since.elapsed() < BOUND, "{what}: not within {BOUND:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    println!("{what}: after {:.1} s", since.elapsed().as_secs_f32());
}

/// Swallows every packet until both sides have noticed. `hold` is let go once the network is silent, where that is asked for.
fn both_notice(is_answered: bool) {
    let Some(Scene { network, database, hold, backend, mut running }) = scene() else { return };
    let watcher = database.session();
    let cut = Instant::now();
    network.swallow();
    let hold = if is_answered {
        hold.release();
        None
    } else {
        Some(hold)
    };

    within("the gate", cut, || running.stderr().contains("back to waiting") || running.has_ended());
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}");
    within("the server", cut, || watcher.value(&left) == "0");

    drop(hold);
    network.pass();
    running.wait(BOUND).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM once"), "1");
}

#[test]
fn who_waits_for_an_answer_and_who_computes_it_both_notice() {
    both_notice(false);
}

#[test]
fn an_answer_that_never_arrives_is_noticed_by_both() {
    both_notice(true);
}
