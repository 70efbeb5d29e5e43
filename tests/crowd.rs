//! Many instances at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::{
    Cluster, Gate, HELD, Hold, Outcome, Running, Session, TestDatabase, eventually, long_tests_are_wanted,
};

/// Far longer than a crowd takes; a test that passes never waits for it.
const LONG: Duration = Duration::from_secs(180);

/// Takes the lock of the default history, as a person or another program might.
const TAKE_THE_LOCK: &str = "SELECT pg_advisory_lock(('x' || left(encode(sha256('lockgate'::bytea || '\\x00'::bytea || \
                             'public'::bytea || '\\x00'::bytea || 'lockgate_history'::bytea), 'hex'), 16))::bit(64)::bigint)";

fn spawn(gate: &Gate, count: usize) -> Vec<Running> {
    (0..count).map(|at| gate.clone().env("POD_NAME", format!("pod-{at}")).spawn()).collect()
}

#[track_caller]
fn all_end_well(crowd: Vec<Running>) -> Vec<Outcome> {
    crowd.into_iter().map(|one| one.wait(LONG).expect(0)).collect()
}

fn platform() -> Vec<(String, String)> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/platform/migrations");
    let entries = std::fs::read_dir(directory).expect("the example").map(|entry| entry.expect("an entry").path());
    let name = |path: &std::path::Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    entries.map(|path| (name(&path), std::fs::read_to_string(&path).expect("a file"))).collect()
}

fn write_all(gate: Gate, files: &[(String, String)]) -> Gate {
    files.iter().for_each(|(name, text)| gate.write(name, text));
    gate
}

#[test]
fn twenty_at_once_on_an_empty_database_apply_each_revision_once() {
    let database = TestDatabase::new();
    let files = platform();
    let gate = write_all(Gate::new(&database), &files).args(["migrate"]);
    let last = files.iter().map(|(name, _)| name).filter(|name| !name.ends_with(".down.sql")).max().expect("a chain");
    let last = last.split('_').next().expect("an id");
    let seeds = format!("-- lockgate:after {last}\nCREATE TABLE seeds (n int)");
    let sow = "INSERT INTO seeds SELECT * FROM generate_series(1, 3)";
    let gate = gate.chain(&[("0900_seeds.sql", &seeds), ("0901_sow.sql", sow)]);

    let outcomes = all_end_well(spawn(&gate, 20));

    let revisions = files.iter().filter(|(name, _)| !name.ends_with(".down.sql")).count() + 2;
    let rows = database.query_text("SELECT count(*), count(DISTINCT revision), max(depth) FROM lockgate_history");
    assert_eq!(rows, [vec![revisions.to_string(); 3]]);
    assert_eq!(database.value("SELECT count(*) FROM seeds"), "3");
    let said = outcomes.iter().map(|outcome| outcome.stderr.matches("\"message\":\"applied\"").count()).sum::<usize>();
    assert_eq!(said, revisions, "each revision is said to be applied by one instance");
}

/// 150 pods of a Deployment, a server with 50 slots, one revision of ten seconds.
#[test]
fn a_crowd_of_150_leaves_a_small_server_to_the_application() {
    // Given a server with 50 slots, three of them reserved, and an application that reconnects in a loop.
    let cluster = Cluster::start_private(&[("max_connections", "50"), ("superuser_reserved_connections", "3")]);
    let database = TestDatabase::on(&cluster);
    let (owner, application) = (cluster.role("LOGIN"), cluster.role("LOGIN"));
    database.sql(&format!("ALTER DATABASE {} OWNER TO {owner}", database.name()));
    let gate = Gate::at(&database.url_as(&owner, None)).args(["migrate"]);
    let gate =
        gate.chain(&[("0001_long.sql", "CREATE TABLE t (n int); SELECT pg_sleep(10); INSERT INTO t VALUES (1)")]);
    let watcher = database.session();
    let ended = AtomicBool::new(false);
    let (most, samples, entries) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));

    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::Relaxed) {
                let ours = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate/%'";
                most.fetch_max(watcher.value(ours).parse().expect("a number"), Ordering::Relaxed);
                samples.fetch_add(1, Ordering::Relaxed);
            }
        });
        let application = scope.spawn(|| {
            let url = database.url_as(&application, None);
            let mut longest = (0, Duration::ZERO);
            while !ended.load(Ordering::Relaxed) {
                let (came, mut tries) = (Instant::now(), 1);
                while Session::attempt(&url).is_err() {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(100));
                }
                entries.fetch_add(1, Ordering::Relaxed);
                longest = longest.max((tries, came.elapsed()));
            }
            longest
        });

        // When 150 instances start at once.
        let outcomes = std::panic::catch_unwind(|| all_end_well(spawn(&gate, 150)));
        ended.store(true, Ordering::Relaxed);
        let longest = application.join().expect("the application");

        // Then all end well, and the server was never theirs.
        let outcomes = outcomes.expect("all end with 0");
        let refused = outcomes.iter().filter(|outcome| outcome.stderr.contains("no free connection")).count();
        let (most, samples) = (most.load(Ordering::Relaxed), samples.load(Ordering::Relaxed));
        let entries = entries.load(Ordering::Relaxed);
        println!(
            "at most {most} of 50 in {samples} samples; {refused} instances were ever refused; the application came \
                  in {entries} times, the longest entry took {longest:?}"
        );
        // The number of simultaneous sessions depends on the machine's speed; that a slot is nearly always free does not.
        assert!(refused <= 75, "{refused} of 150 met a full server");
        // Prisma's default, the least of the usual pools' patience.
        assert!(longest.1 < Duration::from_secs(5), "the application was kept out: {longest:?}");
    });
    assert_eq!(database.value("SELECT count(*) FROM t"), "1");
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
}

#[test]
fn two_histories_in_one_database_do_not_wait_for_each_other() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let one = Gate::new(&database).chain(&[("0001_one.sql", HELD)]).args(["migrate"]).spawn();
    hold.reached();

    let other = Gate::new(&database).env("LOCKGATE_HISTORY_TABLE", "ops.other_history").args(["migrate"]);
    other.chain(&[("0001_other.sql", "CREATE TABLE other ()")]).run().expect(0);

    hold.release();
    one.wait(LONG).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM ops.other_history"), "1");
}

/// Runs a revision that meets another session's open transaction in the catalog, which then commits.
fn race(theirs: &str, ours: &str) -> Outcome {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_race.sql", ours)]).args(["migrate"]);
    let them = database.session();
    them.sql(&format!("BEGIN; {theirs}"));
    let running = gate.spawn();
    let blocked = format!("SELECT count(*) FROM pg_stat_activity WHERE {} = ANY (pg_blocking_pids(pid))", them.pid());
    eventually("the revision waits for the other transaction", || database.value(&blocked) != "0");
    them.sql("COMMIT");
    let outcome = running.wait(LONG).expect(0);
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
    outcome
}

#[test]
fn a_function_that_is_replaced_twice_at_once_is_tried_again() {
    let function = |body| format!("CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT {body}'");
    let outcome = race(&function(1), &function(2));
    assert!(outcome.stderr.contains("rolled back, will try again"), "{outcome}");
}

#[test]
fn a_table_that_is_made_twice_at_once_is_tried_again() {
    let outcome = race("CREATE TABLE t (n int)", "CREATE TABLE IF NOT EXISTS t (n int)");
    assert!(outcome.stderr.contains("rolled back, will try again"), "{outcome}");
}

#[test]
fn a_waiter_names_the_holder_and_keeps_no_connection() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", HELD)]).args(["migrate"]);
    let holder = gate.clone().env("POD_NAME", "the-holder").spawn();
    let pid = hold.reached();

    let mut waiter = gate.env("POD_NAME", "the-waiter").spawn();
    waiter.says(&format!("waiting for the lock: held by pid {pid} (lockgate/the-holder)"));
    let of_waiter = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'lockgate/the-waiter'";
    eventually("the waiter has left", || hold.value(of_waiter) == "0");
    assert!(!waiter.has_ended());

    hold.release();
    holder.wait(LONG).expect(0);
    waiter.wait(LONG).expect(0);
}

#[test]
fn status_shows_who_holds_the_lock() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", HELD)]);
    let holder = gate.with(["migrate"]).env("POD_NAME", "the-holder").spawn();
    let pid = hold.reached();

    let status = gate.with(["status", "--json"]).run().expect(0).json();
    let shown = status["lock_holder"].as_str().unwrap_or_default();
    assert!(shown.starts_with(&format!("held by pid {pid} (lockgate/the-holder)")), "{status}");
    assert_eq!(status["pending"], serde_json::json!(["0001"]));

    hold.release();
    holder.wait(LONG).expect(0);
    assert!(gate.with(["status", "--json"]).run().expect(0).json()["lock_holder"].is_null());
}

#[test]
fn a_lock_that_another_gate_keeps_ends_the_wait_with_75_and_its_name() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", HELD)]).args(["migrate"]);
    let holder = gate.clone().env("POD_NAME", "the-holder").spawn();
    let pid = hold.reached();

    let outcome = gate.env("LOCKGATE_LOCK_WAIT", "500ms").run().expect(75);
    let named = format!("held by pid {pid} (lockgate/the-holder)");
    assert!(outcome.stderr.contains("LG0401") && outcome.stderr.contains(&named), "{outcome}");
    assert!(outcome.termination_log.contains("LG0401") && outcome.termination_log.contains(&named), "{outcome}");

    hold.release();
    holder.wait(LONG).expect(0);
}

#[test]
fn a_lock_that_somebody_else_took_is_waited_for_and_named() {
    let database = TestDatabase::new();
    let them = database.session();
    them.sql("SET application_name = 'a person'");
    them.sql(TAKE_THE_LOCK);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]).args(["migrate"]);

    let outcome = gate.clone().env("LOCKGATE_LOCK_WAIT", "500ms").run().expect(75);
    let named = format!("held by pid {} (a person)", them.pid());
    assert!(outcome.stderr.contains("LG0401") && outcome.stderr.contains(&named), "{outcome}");
    assert_eq!(database.value("SELECT to_regclass('t') IS NULL"), "t");

    let mut waiting = gate.spawn();
    waiting.says(&named);
    drop(them);
    waiting.wait(LONG).expect(0);
}

#[test]
fn who_waits_for_the_lock_learns_at_once_that_a_script_is_refused() {
    let database = TestDatabase::new();
    let them = database.session();
    them.sql(TAKE_THE_LOCK);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABBLE t ()")]).args(["migrate"]);
    let outcome = gate.run().expect(65);
    assert!(outcome.stderr.contains("LG0203"), "{outcome}");
}

#[test]
fn at_head_nobody_asks_for_the_lock() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]).args(["migrate"]);
    gate.run().expect(0);
    let them = database.session();
    them.sql(TAKE_THE_LOCK);
    gate.env("LOCKGATE_LOCK_WAIT", "0s").run().expect(0);
}

/// Twenty instances with one short revision to apply after a chain of twenty.
#[test]
fn of_twenty_the_last_opens_soon_after_the_first() {
    let database = TestDatabase::new();
    let mut files = vec![("0001_t.sql".to_owned(), "CREATE TABLE t (n int)".to_owned())];
    files.extend((2..=20).map(|at| (format!("{at:04}_step.sql"), format!("ALTER TABLE t ADD COLUMN c{at} int"))));
    let gate = write_all(Gate::new(&database), &files).args(["migrate"]);
    gate.run().expect(0);
    gate.write("0021_last.sql", "ALTER TABLE t ADD COLUMN last int");

    let (outcomes, spread) = ends(spawn(&gate.env("LOCKGATE_LOG", PAUSES), 20));

    let pauses: Vec<(f64, f64)> = outcomes.iter().flat_map(pauses).collect();
    println!("from the first to the last: {spread:?}; pauses: {pauses:?}");
    // The processes' start takes an unknown time; each waiting gate asks again within its pause.
    assert!(pauses.iter().all(|(pause, held)| *pause <= (held / 4.0).max(1.3)), "{pauses:?}");
}

/// The level at which a gate tells how long it pauses before it asks for the lock again.
const PAUSES: &str = "info,lockgate::lock=debug";

/// The pauses of a gate, and how long the lock had been held at each, in seconds.
fn pauses(outcome: &Outcome) -> Vec<(f64, f64)> {
    outcome.log().iter().filter_map(|line| Some((line["pause"].as_f64()?, line["held"].as_f64()?))).collect()
}

/// The outcomes, and the time between the first and the last.
#[track_caller]
fn ends(crowd: Vec<Running>) -> (Vec<Outcome>, Duration) {
    let ends: Vec<_> = std::thread::scope(|scope| {
        let waits: Vec<_> =
            crowd.into_iter().map(|one| scope.spawn(|| (one.wait(LONG).expect(0), Instant::now()))).collect();
        waits.into_iter().map(|wait| wait.join().expect("an end")).collect()
    });
    let (first, last) = (ends.iter().map(|end| end.1).min(), ends.iter().map(|end| end.1).max());
    let spread = last.expect("an end") - first.expect("an end");
    (ends.into_iter().map(|end| end.0).collect(), spread)
}

/// A hundred pods of a Deployment before one revision of fifteen seconds.
#[test]
fn of_a_hundred_the_last_opens_soon_after_the_first_and_the_server_is_left_alone() {
    if !long_tests_are_wanted() {
        return;
    }
    let cluster = Cluster::start_private(&[("max_connections", "150")]);
    let database = TestDatabase::on(&cluster);
    let gate = Gate::new(&database).chain(&[("0001_long.sql", "CREATE TABLE t (); SELECT pg_sleep(15)")]);
    let watcher = cluster.session("postgres");
    let sessions = format!("SELECT sessions FROM pg_stat_database WHERE datname = '{}'", database.name());
    let ended = AtomicBool::new(false);
    let ((outcomes, spread), counts) = std::thread::scope(|scope| {
        let counting = scope.spawn(|| {
            let mut counts: Vec<(Instant, u64)> = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                counts.push((Instant::now(), watcher.value(&sessions).parse().expect("a number")));
                std::thread::sleep(Duration::from_millis(500));
            }
            counts
        });
        let ends = std::panic::catch_unwind(|| ends(spawn(&gate.args(["migrate"]).env("LOCKGATE_LOG", PAUSES), 100)));
        ended.store(true, Ordering::Relaxed);
        (ends.expect("all end well"), counting.join().expect("the counts"))
    });

    let began = counts[0].0;
    let second = |second: u64| {
        let until = began + Duration::from_secs(second);
        counts.iter().rev().find(|(at, _)| *at <= until).map_or(0, |(_, count)| *count)
    };
    let a_second: Vec<u64> = (0..20).map(|at| second(at + 1) - second(at)).collect();
    // By when all have started, and before the end.
    let waiting = (second(14) - second(6)) as f64 / 8.0;
    let longest = outcomes.iter().flat_map(pauses).map(|(pause, _)| pause).fold(0.0, f64::max);
    println!(
        "from the first to the last: {spread:?}; new sessions in each second: {a_second:?}; while it waits {waiting} a second; \
         the longest pause {longest} s"
    );
    // At 25 a second a hundred are asked within four seconds; each guesses how many the others are.
    assert!(spread <= Duration::from_secs(6), "{spread:?}");
    assert!(waiting <= 40.0, "{waiting} a second");
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "1");
}

#[test]
fn gates_of_other_databases_do_not_hold_up_who_waits() {
    let (database, other) = (TestDatabase::new(), TestDatabase::new());
    let idle: Vec<Session> = (0..30).map(|_| other.session()).collect();
    idle.iter().enumerate().for_each(|(at, one)| one.sql(&format!("SET application_name = 'lockgate/o{at}'")));
    let hold = Hold::on(&database);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", HELD)]).args(["migrate"]);
    let holder = gate.clone().env("POD_NAME", "the-holder").spawn();
    hold.reached();
    let mut waiter = gate.env("POD_NAME", "the-waiter").env("LOCKGATE_LOG", PAUSES).spawn();
    waiter.says("waiting for the lock");

    hold.release();
    holder.wait(LONG).expect(0);
    let outcome = waiter.wait(LONG).expect(0);
    let pauses = pauses(&outcome);
    assert!(!pauses.is_empty(), "it has waited; {outcome}");
    // A crowd of thirty would pause for 1.2 s.
    assert!(pauses.iter().all(|(pause, held)| *pause <= (held / 4.0).max(0.4)), "{pauses:?}");
}

#[test]
fn who_finds_the_work_done_counts_what_was_waited() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let gate = Gate::new(&database).chain(&[("0001_one.sql", HELD)]);
    let holder = gate.with(["migrate"]).spawn();
    hold.reached();
    let mut waiter = gate.with(["serve"]).spawn();
    waiter.says("waiting for the lock");
    let waited = |waiter: &mut Running| {
        let metrics = waiter.http_get("/metrics").body;
        let line = metrics.lines().find(|line| line.starts_with("lockgate_lock_wait_seconds")).expect("the family");
        line.rsplit(' ').next().expect("a value").parse::<f64>().expect("a number")
    };

    let so_far = waited(&mut waiter);
    assert!(so_far > 0.0, "while it waits");
    hold.release();
    holder.wait(LONG).expect(0);
    waiter.answers("/ready", 200);
    assert!(waited(&mut waiter) >= so_far.max(1.0), "once it is open");
}

#[test]
fn two_processes_pause_differently() {
    let pauses = |database: &TestDatabase| {
        let them = database.session();
        them.sql("CREATE TABLE t (n int)");
        them.sql("BEGIN; LOCK TABLE t IN ACCESS SHARE MODE");
        let gate = Gate::new(database).chain(&[("0001_one.sql", "ALTER TABLE t ADD COLUMN m int")]).args(["migrate"]);
        let gate = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "50ms").env("LOCKGATE_DDL_LOCK_RETRY_FOR", "500ms");
        let outcome = gate.run().expect(75);
        outcome.log().iter().filter_map(|line| line["again_in"].as_f64()).map(f64::to_bits).collect::<Vec<_>>()
    };
    let (one, other) = (pauses(&TestDatabase::new()), pauses(&TestDatabase::new()));
    assert!(!one.is_empty() && one[0] != other[0], "{one:?} {other:?}");
}
