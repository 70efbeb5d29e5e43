//! The cost of a start on the wire, and the state that it leaves untouched.

use std::time::Duration;

use crate::support::proxy::Traffic;
use crate::support::{Gate, Outcome, Proxy, TestDatabase, eventually};

/// A gate that goes through a proxy whose delay makes the count of flights certain.
struct Counted {
    database: TestDatabase,
    proxy: Proxy,
    gate: Gate,
}

impl Counted {
    fn chain_of(revisions: usize) -> Self {
        let database = TestDatabase::new();
        let proxy = Proxy::to(database.cluster());
        let gate = Gate::at(&database.url_via(&proxy)).args(["migrate"]);
        for number in 1..=revisions {
            gate.write(&format!("{number:04}_step.sql"), format!("CREATE TABLE t{number} ()"));
        }
        Self { database, proxy, gate }
    }

    /// Applies the chain, past the proxy.
    fn at_head(self) -> Self {
        self.gate.clone().env("LOCKGATE_DATABASE_URL", self.database.url()).run().expect(0);
        self
    }

    fn run(&self) -> (Outcome, Vec<Traffic>) {
        self.proxy.delay(Duration::from_millis(10));
        let outcome = self.gate.run().expect(0);
        eventually("all is closed", || self.proxy.connections().iter().all(|connection| connection.closed));
        let connections = self.proxy.connections();
        self.proxy.forget();
        (outcome, connections)
    }
}

/// The key of the history's own lock, by its documented definition.
const LOCK: &str = r"SELECT pg_advisory_lock(('x' || encode(substring(sha256(
    'lockgate\000public\000lockgate_history'::bytea) FOR 8), 'hex'))::bit(64)::bigint)";

#[test]
fn at_head_one_round_trip_follows_the_handshake() {
    let (_, connections) = Counted::chain_of(100).at_head().run();
    assert_eq!(connections.len(), 1);
    assert_eq!((connections[0].to_server.as_str(), connections[0].round_trips), ("^QX", 2));
}

#[test]
fn at_head_nothing_is_written_and_no_lock_is_asked_for() {
    let counted = Counted::chain_of(3).at_head();
    let holder = counted.database.session();
    holder.sql(LOCK);
    // A server that takes no writes serves a start at head.
    counted.database.sql(&format!("ALTER DATABASE {} SET default_transaction_read_only = on", counted.database.name()));
    let (outcome, _) = counted.run();
    assert!(outcome.stderr.contains("nothing to do"), "{outcome}");
}

#[test]
fn at_head_the_right_to_select_is_enough() {
    let counted = Counted::chain_of(3).at_head();
    let role = counted.database.cluster().role("LOGIN");
    counted.database.sql(&format!("GRANT SELECT ON lockgate_history TO {role}"));
    let gate = counted.gate.env("LOCKGATE_DATABASE_URL", counted.database.url_as(&role, None));
    gate.run().expect(0);
    gate.with(["wait"]).run().expect(0);
    gate.with(["status", "--check"]).run().expect(0);
}

#[test]
fn an_edit_of_a_comment_costs_no_more() {
    let counted = Counted::chain_of(3).at_head();
    counted.gate.write("0002_step.sql", "-- the second\nCREATE TABLE t2 ()");
    let (_, connections) = counted.run();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].round_trips, 2);
}

#[test]
fn more_revisions_cost_no_more_round_trips() {
    let trips = |revisions| {
        let (_, connections) = Counted::chain_of(revisions).run();
        connections[0].round_trips
    };
    let (few, many) = (trips(5), trips(40));
    // An answer that comes in two pieces counts twice.
    assert!(many < few + 5, "{many} for 40 revisions, {few} for 5");
}

#[test]
fn a_thousand_revisions_of_an_empty_database_take_at_most_forty_round_trips() {
    let (_, connections) = Counted::chain_of(1_000).run();
    // Each connection waits once to be let in.
    let waits: Vec<usize> = connections.iter().map(|connection| connection.waits - 1).collect();
    assert!(waits.iter().sum::<usize>() <= 40, "{waits:?}");
}

#[test]
fn a_plain_revision_of_one_statement_is_one_message() {
    let messages = |revisions| {
        let (_, connections) = Counted::chain_of(revisions).run();
        connections[0].to_server.matches('Q').count()
    };
    assert_eq!(messages(40), messages(5) + 35);
}

#[test]
fn before_its_first_revision_a_gate_behind_a_proxy_asks_a_handful_of_times() {
    // The count includes the proof that no other client is given the session. The observer's connection is another.
    let (_, connections) = Counted::chain_of(1).run();
    assert!(connections[0].waits <= 15, "{} waits", connections[0].waits);
}

#[test]
fn a_look_at_a_fresh_database_makes_nothing() {
    let counted = Counted::chain_of(3);
    let (database, gate) = (&counted.database, &counted.gate);
    gate.with(["status"]).run().expect(0);
    gate.with(["status", "--check"]).run().expect(3);
    gate.with(["wait", "--wait-timeout=100ms"]).run().expect(75);
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"), "0");
    gate.with(["migrate", "0001"]).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
}
