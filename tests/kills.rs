//! If something ends a run in the middle, a retry (or the run itself) brings every effect about once.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::{
    Cluster, Cut, Gate, HELD, Hold, Proxy, Running, Shutdown, TestDatabase, Way, eventually, eventually_some,
};

const LONG: Duration = Duration::from_secs(60);
/// `LOCKGATE_GRACE`'s default, and a moment for the process to end.
const GRACE: Duration = Duration::from_secs(25);

/// Three revisions; the second is held, and has written when it is.
fn chain(gate: Gate) -> Gate {
    let second = format!("INSERT INTO effects VALUES (2); {HELD}");
    let files = [
        ("0001_first.sql", "CREATE TABLE effects (n int); INSERT INTO effects VALUES (1)"),
        ("0002_second.sql", second.as_str()),
        ("0003_third.sql", "INSERT INTO effects VALUES (3)"),
    ];
    gate.chain(&files).args(["migrate"])
}

#[track_caller]
fn each_effect_once(database: &TestDatabase) {
    assert_eq!(database.query_text("SELECT n FROM effects ORDER BY n"), [["1"], ["2"], ["3"]]);
    let rows = "SELECT revision, depth, state FROM lockgate_history ORDER BY depth";
    assert_eq!(database.query_text(rows), [["0001", "1", "done"], ["0002", "2", "done"], ["0003", "3", "done"]]);
}

#[track_caller]
fn only_the_first_is_recorded(database: &TestDatabase) {
    assert_eq!(database.query_text("SELECT revision FROM lockgate_history"), [["0001"]]);
    assert_eq!(database.query_text("SELECT n FROM effects"), [["1"]]);
}

/// A gate in the middle of its second revision.
fn in_the_middle(database: &TestDatabase) -> (Gate, Hold, Running, i32) {
    let hold = Hold::on(database);
    let gate = chain(Gate::new(database));
    let running = gate.spawn();
    let backend = hold.reached();
    (gate, hold, running, backend)
}

const ACTIVE: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate/%' AND state = 'active' \
                      AND datname = current_database()";

#[test]
fn sigkill_in_a_revision_leaves_it_not_begun_and_a_retry_goes_on() {
    let database = TestDatabase::new();
    let (gate, hold, running, _) = in_the_middle(&database);
    running.kill();
    assert_eq!(running.wait(LONG).signal, Some(9));
    // The server notices by itself that the client is gone: the statement ends while it is still held.
    eventually("nothing of ours runs", || hold.value(ACTIVE) == "0");
    hold.release();
    only_the_first_is_recorded(&database);

    gate.run().expect(0);
    each_effect_once(&database);
}

#[test]
fn sigkill_while_the_server_sleeps_is_retried_without_waiting_for_the_sleep() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE pace AS SELECT 600 AS seconds");
    let gate = Gate::new(&database).args(["migrate"]).chain(&[
        ("0001_first.sql", "CREATE TABLE effects (n int)"),
        ("0002_second.sql", "INSERT INTO effects VALUES (2); SELECT pg_sleep(seconds) FROM pace"),
    ]);
    let running = gate.spawn();
    let asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
    eventually("it sleeps", || database.value(asleep) == "1");
    running.kill();
    running.wait(LONG);
    database.sql("UPDATE pace SET seconds = 0");

    gate.run().expect(0);
    assert_eq!(database.query_text("SELECT n FROM effects"), [["2"]]);
}

/// A small generator, by whose seed a failure can be repeated.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let told = std::env::var("LOCKGATE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
        let seed = told.unwrap_or_else(now) | 1;
        println!("LOCKGATE_TEST_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// The result of the example chain in numbers.
fn counted(database: &TestDatabase) -> Vec<Vec<String>> {
    database.query_text(
        "SELECT (SELECT count(*) FROM lockgate_history), (SELECT count(*) FROM feature_flags), \
         (SELECT count(*) FROM sic_codes), (SELECT count(*) FROM competitive_factor_templates), \
         (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ '_events'), \
         (SELECT count(*) FROM pg_constraint WHERE conname !~ '_events'), \
         (SELECT count(*) FROM pg_policy WHERE polrelid::regclass::text !~ '_events'), (SELECT count(*) FROM pg_proc)",
    )
}

#[test]
fn sigkill_anywhere_in_the_example_chain_is_made_good_by_a_retry() {
    let gate =
        |database: &TestDatabase| Gate::new(database).migrations("examples/platform/migrations").args(["migrate"]);
    let reference = TestDatabase::new();
    let began = Instant::now();
    gate(&reference).run().expect(0);
    let whole = began.elapsed().as_micros() as u64;
    let mut random = Random::seeded();
    for _ in 0..6 {
        let database = TestDatabase::new();
        for _ in 0..4 {
            let running = gate(&database).spawn();
            // Not to wait for something: where the kill falls is the test.
            std::thread::sleep(Duration::from_micros(random.below(whole)));
            running.kill();
            running.wait(LONG);
        }
        gate(&database).run().expect(0);
        assert_eq!(counted(&database), counted(&reference));
    }
}

#[test]
fn sigterm_in_a_long_statement_ends_it_on_the_server_and_exits_143() {
    let database = TestDatabase::new();
    let (gate, hold, running, _) = in_the_middle(&database);
    running.terminate();
    let outcome = running.wait(GRACE).expect(143);
    assert_eq!(hold.value(ACTIVE), "0");
    only_the_first_is_recorded(&database);
    assert!(outcome.stderr.contains("LG0801") && outcome.termination_log.contains("LG0801"), "{outcome}");

    hold.release();
    gate.run().expect(0);
    each_effect_once(&database);
}

#[test]
fn sigterm_ends_a_statement_that_computes_and_not_only_one_that_waits() {
    let database = TestDatabase::new();
    let endless = "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b";
    let gate = Gate::new(&database).chain(&[("0001_endless.sql", endless)]).args(["migrate"]);
    let mut running = gate.listening().spawn();
    eventually("it runs", || {
        database.value(ACTIVE) == "1" && running.http_get("/status").json()["running"].is_object()
    });
    running.terminate();
    running.wait(GRACE).expect(143);
    assert_eq!(database.value(ACTIVE), "0");
}

#[test]
fn sigint_in_a_long_statement_exits_130() {
    let database = TestDatabase::new();
    let (gate, hold, running, _) = in_the_middle(&database);
    running.interrupt();
    let outcome = running.wait(GRACE).expect(130);
    assert!(outcome.stderr.contains("LG0802"), "{outcome}");
    assert_eq!(hold.value(ACTIVE), "0");
    hold.release();
    gate.run().expect(0);
    each_effect_once(&database);
}

#[test]
fn sigterm_while_another_gate_holds_the_lock_exits_143() {
    let database = TestDatabase::new();
    let (gate, hold, holder, pid) = in_the_middle(&database);
    let mut waiter = gate.spawn();
    waiter.says(&format!("held by pid {pid}"));
    waiter.terminate();
    waiter.wait(GRACE).expect(143);
    hold.release();
    holder.wait(LONG).expect(0);
    each_effect_once(&database);
}

#[test]
fn sigterm_while_a_lock_on_a_table_is_retried_exits_143() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE busy ()");
    let blocker = database.session();
    blocker.sql("BEGIN; SELECT * FROM busy");
    let gate = Gate::new(&database).chain(&[("0001_alter.sql", "ALTER TABLE busy ADD n int")]).args(["migrate"]);
    let mut running = gate.clone().env("LOCKGATE_DDL_LOCK_TIMEOUT", "100ms").spawn();
    running.says("will try again");
    running.terminate();
    running.wait(GRACE).expect(143);
    // Sessions that asked in parallel may take a moment to end.
    eventually("nothing runs any more", || database.value(ACTIVE) == "0");
    blocker.sql("ROLLBACK");
    gate.run().expect(0);
}

#[test]
fn sigterm_while_the_database_is_away_exits_143() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = chain(Gate::at(&database.url_via(&proxy))).spawn();
    running.says("waiting for the database");
    running.terminate();
    running.wait(GRACE).expect(143);
}

#[test]
fn sigterm_while_a_connection_hangs_exits_143() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.freeze();
    let running = chain(Gate::at(&database.url_via(&proxy))).spawn();
    eventually("it dials", || proxy.connections().iter().any(|connection| connection.to_server.starts_with('^')));
    running.terminate();
    running.wait(GRACE).expect(143);
}

/// Runs the chain through a proxy that cuts once; the run goes on by itself.
#[track_caller]
fn goes_on_after(cut: Cut) {
    let database = TestDatabase::new();
    Hold::on(&database).release();
    let proxy = Proxy::to(database.cluster());
    proxy.cut(cut);
    chain(Gate::at(&database.url_via(&proxy))).run().expect(0);
    assert_eq!(proxy.cuts(), 1, "nothing was cut");
    each_effect_once(&database);
}

/// The messages to the server in the working connection of an undisturbed run: the last but one is the last COMMIT.
fn messages_to_server() -> usize {
    let database = TestDatabase::new();
    Hold::on(&database).release();
    let proxy = Proxy::to(database.cluster());
    chain(Gate::at(&database.url_via(&proxy))).run().expect(0);
    eventually_some("the farewell", || {
        let sent = proxy.connections()[0].to_server.clone();
        sent.strip_suffix('X').map(str::len)
    })
}

#[test]
fn a_connection_cut_before_a_commit_is_sent_is_made_good_by_the_same_run() {
    goes_on_after(Cut::after_messages(Way::ToServer, messages_to_server() - 1).in_connection(1));
}

#[test]
fn a_connection_cut_before_a_commit_is_answered_is_made_good_by_the_same_run() {
    goes_on_after(Cut::after_messages(Way::ToServer, messages_to_server()).in_connection(1));
}

/// Cuts after the n-th message, each time on an empty schema: for every n, or one of `stride`, another one in each run of the tests.
fn cut_everywhere(way: Way, stride: usize) {
    const LANES: usize = 4;
    let stride = if std::env::var("LOCKGATE_TEST_CUTS").is_ok_and(|told| told == "all") { 1 } else { stride };
    let first = 1 + fastrand::usize(..stride);
    let lane = |lane: usize| {
        let database = TestDatabase::new();
        Hold::on(&database).release();
        for at in (first + lane * stride..).step_by(LANES * stride) {
            database.sql("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            let proxy = Proxy::to(database.cluster());
            proxy.cut(Cut::after_messages(way, at).in_connection(1));
            let outcome = chain(Gate::at(&database.url_via(&proxy))).run();
            assert_eq!(outcome.code, Some(0), "cut after message {at} {way:?}; {outcome}");
            each_effect_once(&database);
            if proxy.cuts() == 0 {
                return at;
            }
        }
        unreachable!("the connection has an end")
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = (0..LANES).map(|at| scope.spawn(move || lane(at))).collect();
        let ends: Vec<usize> = lanes.into_iter().map(|lane| lane.join().expect("no lane fails")).collect();
        assert!(ends.iter().all(|&end| end > 15), "{ends:?}");
    });
}

#[test]
fn a_cut_after_any_message_to_the_server_is_made_good_by_the_same_run() {
    cut_everywhere(Way::ToServer, 1);
}

#[test]
fn a_cut_after_any_message_to_the_client_is_made_good_by_the_same_run() {
    // A row is a message.
    cut_everywhere(Way::ToClient, 4);
}

#[test]
fn a_backend_that_is_terminated_in_the_middle_is_made_good_by_the_same_run() {
    let database = TestDatabase::new();
    let (_, hold, mut running, backend) = in_the_middle(&database);
    assert_eq!(hold.value(&format!("SELECT pg_terminate_backend({backend})")), "t");
    running.says("back to waiting");
    hold.release();
    running.wait(LONG).expect(0);
    each_effect_once(&database);
}

#[test]
fn a_server_that_is_restarted_in_the_middle_is_waited_for_by_the_same_run() {
    let cluster = Cluster::start_private(&[]);
    let database = TestDatabase::on(&cluster);
    let (_, hold, mut running, _) = in_the_middle(&database);
    cluster.stop(Shutdown::Fast);
    running.says("waiting for the database");
    cluster.start();
    running.wait(LONG).expect(0);
    each_effect_once(&database);
    drop(hold);
}

#[test]
fn a_server_that_crashes_in_the_middle_is_waited_for_by_the_same_run() {
    let cluster = Cluster::start_private(&[]);
    let database = TestDatabase::on(&cluster);
    let (_, hold, mut running, _) = in_the_middle(&database);
    cluster.stop(Shutdown::Immediate);
    running.says("waiting for the database");
    cluster.start();
    running.wait(LONG).expect(0);
    each_effect_once(&database);
    drop(hold);
}
