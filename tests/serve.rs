//! The endpoints while a run waits, works, stands open and ends.

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Cluster, Gate, HELD, Hold, Proxy, Running, Shutdown, TestDatabase, eventually, http};

const LONG: Duration = Duration::from_secs(60);
/// The kubelet's patience with a probe (`timeoutSeconds`).
const KUBELET: Duration = Duration::from_secs(1);
const READY: [&str; 5] = ["/ready", "/readyz", "/startup", "/health", "/healthz"];

/// Two revisions; the second is held in its third line.
fn chain(gate: Gate) -> Gate {
    let second = format!("CREATE TABLE second ();\n\n{HELD}");
    gate.chain(&[("0001_first.sql", "CREATE TABLE first ()"), ("0002_second.sql", &second)]).args(["serve"])
}

fn held(database: &TestDatabase) -> (Gate, Hold, Running) {
    let hold = Hold::on(database);
    let gate = chain(Gate::new(database));
    let running = gate.spawn();
    hold.reached();
    (gate, hold, running)
}

fn ours(database: &TestDatabase) -> String {
    database.value("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'lockgate/%' AND datname = current_database()")
}

#[track_caller]
fn ends_open(running: Running) {
    running.terminate();
    running.wait(LONG).expect(0);
}

#[track_caller]
fn is_closed(running: &mut Running) {
    assert_eq!(running.http_get("/livez").status, 200);
    for path in READY {
        let answer = running.http_get(path);
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{path}");
        assert_eq!(answer.json()["status"], "fail");
    }
}

#[test]
fn with_the_database_away_it_lives_and_is_not_ready() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = chain(Gate::at(&database.url_via(&proxy))).spawn();
    is_closed(&mut running);
    running.says("waiting for the database");
    is_closed(&mut running);
}

#[test]
fn it_is_ready_once_head_is_reached_and_not_before() {
    let database = TestDatabase::new();
    let (_, hold, mut running) = held(&database);
    is_closed(&mut running);
    hold.release();
    for path in READY {
        let answer = running.answers(path, 200);
        assert_eq!((answer.header("retry-after"), answer.header("cache-control")), (None, Some("no-store")), "{path}");
        assert_eq!(answer.json()["status"], "pass");
    }
    assert_eq!(database.value("SELECT count(*) FROM lockgate_history"), "2");
    ends_open(running);
}

#[test]
fn an_answer_of_200_means_that_head_is_in_the_history() {
    let database = TestDatabase::new();
    let mut running = chain(Gate::new(&database)).chain(&[("0002_second.sql", "SELECT pg_sleep(0.2)")]).spawn();
    let session = database.session();
    while running.http_get("/ready").status != 200 {}
    assert_eq!(session.value("SELECT max(depth) FROM lockgate_history"), "2");
    ends_open(running);
}

#[test]
fn head_requests_are_answered_without_a_body() {
    let database = TestDatabase::new();
    let (_, hold, mut running) = held(&database);
    running.http_get("/livez");
    for (path, status) in [("/livez", 200), ("/ready", 503), ("/status", 200), ("/metrics", 200)] {
        let answer = http::request("HEAD", running.address(), path).expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (status, ""), "{path}");
    }
    hold.release();
    running.answers("/ready", 200);
    assert_eq!(http::request("HEAD", running.address(), "/ready").expect("an answer").status, 200);
}

/// Asks every 10 ms, each probe over a connection of its own, until `ended`; gives the longest wait and the number.
fn probe(address: SocketAddr, ended: &AtomicBool) -> (Duration, usize) {
    let (mut longest, mut probes) = (Duration::ZERO, 0);
    while !ended.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let status = http::get(address, "/livez").expect("an answer").status;
        longest = longest.max(asked.elapsed());
        assert_eq!(status, 200);
        probes += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    (longest, probes)
}

#[track_caller]
fn is_answered_while(address: SocketAddr, middle: impl FnOnce()) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let prober = scope.spawn(|| probe(address, &ended));
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(middle));
        ended.store(true, Ordering::Relaxed);
        let (longest, probes) = prober.join().expect("every probe is answered");
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        println!("{probes} probes, the longest {longest:?}");
        assert!(longest <= KUBELET, "a probe waited {longest:?}");
    });
}

#[test]
fn a_probe_is_answered_within_a_second_during_a_long_migration() {
    let database = TestDatabase::new();
    let slow = "SELECT count(*) FROM (SELECT pg_sleep(0.01) FROM generate_series(1, 200)) s;";
    let gate = Gate::new(&database).chain(&[("0001_slow.sql", slow)]).args(["serve"]);
    let mut running = gate.spawn();
    running.http_get("/livez");
    is_answered_while(running.address(), || {
        running.answers("/ready", 200);
    });
}

#[test]
fn a_probe_is_answered_within_a_second_while_megabytes_are_read() {
    let database = TestDatabase::new();
    let rows = format!("INSERT INTO t VALUES ({}1);\n", "1, ".repeat(300)).repeat(3_000);
    let script =
        format!("CREATE TABLE t ({});\n{rows}", (0..301).map(|at| format!("c{at} int")).collect::<Vec<_>>().join(", "));
    assert!(script.len() > 2_700_000);
    let mut running = Gate::new(&database).chain(&[("0001_large.sql", &script)]).args(["serve"]).spawn();
    running.http_get("/livez");
    is_answered_while(running.address(), || {
        let deadline = Instant::now() + 3 * LONG;
        while running.http_get("/ready").status != 200 {
            assert!(Instant::now() < deadline, "never ready: {}", running.stderr());
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    assert_eq!(database.value("SELECT count(*) FROM t"), "3000");
}

#[test]
fn a_probe_is_answered_while_a_thousand_idle_connections_are_held() {
    let database = TestDatabase::new();
    let (_, hold, mut running) = held(&database);
    running.http_get("/livez");
    let connect = || TcpStream::connect_timeout(&running.address(), LONG).expect("a connection");
    let idle: Vec<_> = (0..1000).map(|_| connect()).collect();
    let half_sent: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = connect();
            // It may have been closed already to make room.
            let _ = stream.write_all(b"GET /ready HTTP/1.1\r\nHost: a");
            stream
        })
        .collect();
    let asked = Instant::now();
    assert_eq!(running.try_http_get("/ready").expect("an answer").status, 503);
    assert!(asked.elapsed() <= KUBELET, "a probe waited {:?}", asked.elapsed());
    drop((idle, half_sent));
    hold.release();
    running.answers("/ready", 200);
    ends_open(running);
}

#[test]
fn it_stays_up_and_a_sigterm_closes_it_with_0() {
    let database = TestDatabase::new();
    let mut running = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]).args(["serve"]).spawn();
    running.answers("/ready", 200);
    running.terminate();
    // After the signal, no client is told again that it is ready: the answer is 503, or the port is closed.
    let deadline = Instant::now() + LONG;
    while running.try_http_get("/ready").is_ok_and(|answer| answer.status == 200) {
        assert!(Instant::now() < deadline, "still ready");
    }
    while !running.has_ended() {
        assert!(running.try_http_get("/ready").map_or(true, |answer| answer.status == 503));
    }
    running.wait(LONG).expect(0);
}

#[test]
fn sigterm_before_head_ends_it_with_143() {
    let database = TestDatabase::new();
    let (_, _hold, running) = held(&database);
    running.terminate();
    running.wait(LONG).expect(143);
}

#[test]
fn a_revision_that_fails_ends_it_with_65() {
    let database = TestDatabase::new();
    let gate = chain(Gate::new(&database)).chain(&[("0002_second.sql", "SELECT 1 / 0")]);
    let outcome = gate.env("LOCKGATE_LINGER", "100ms").run().expect(65);
    assert!(outcome.stderr.contains("LG0601") && outcome.termination_log.contains("LG0601"), "{outcome}");
}

#[test]
fn a_port_that_is_taken_ends_it_with_78_before_the_database_is_touched() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let outcome = chain(Gate::at(&database.url_via(&proxy))).env("LOCKGATE_LISTEN", address).run().expect(78);
    assert!(outcome.stderr.contains("LG0110"), "{outcome}");
    assert!(proxy.connections().is_empty());
}

#[test]
fn status_says_why_it_waits() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = chain(Gate::at(&database.url_via(&proxy))).spawn();
    eventually("it waits", || running.http_get("/status").json()["phase"] == "waiting");
    let status = running.http_get("/status").json();
    assert!(status["waiting_for"].as_str().is_some_and(|why| why.contains("refused")), "{status}");
    assert_eq!((&status["ready"], &status["head"], &status["current"]), (&json!(false), &json!("0002"), &json!(null)));
}

#[test]
fn status_shows_the_statement_that_runs_and_where_it_stands() {
    let database = TestDatabase::new();
    let (_, hold, mut running) = held(&database);
    eventually("the statement shows", || running.http_get("/status").json()["running"]["line"] == 3);
    let status = running.http_get("/status").json();
    assert_eq!(status["phase"], "migrating");
    assert_eq!((&status["current"], &status["pending"]), (&json!("0001"), &json!(["0002"])));
    assert_eq!(
        (&status["running"]["revision"], &status["running"]["file"]),
        (&json!("0002"), &json!("0002_second.sql"))
    );
    assert_eq!(status["waiting_for"], json!(null));
    hold.release();
    running.answers("/ready", 200);
    let status = running.http_get("/status").json();
    assert_eq!(
        (&status["phase"], &status["ready"], &status["current"]),
        (&json!("open"), &json!(true), &json!("0002"))
    );
    assert_eq!((&status["pending"], &status["running"], &status["applied"]), (&json!([]), &json!(null), &json!(2)));
    assert!(status["opened_at"].is_number() && status["failure"].is_null(), "{status}");
}

#[test]
fn status_names_who_is_in_the_way_and_shows_no_query_of_theirs() {
    let database = TestDatabase::new();
    database.sql("CREATE TABLE busy (name text)");
    let blocker = database.session();
    blocker.sql("SET application_name = 'nightly report'; BEGIN; SELECT * FROM busy WHERE name = 'private'");
    let pid = i64::from(blocker.pid());
    let gate = Gate::new(&database).chain(&[("0001_alter.sql", "ALTER TABLE busy ADD n int")]).args(["serve"]);
    let mut running = gate.env("LOCKGATE_DDL_LOCK_TIMEOUT", "1s").spawn();
    eventually("the blocker shows", || running.http_get("/status").json()["blockers"][0]["pid"].as_i64() == Some(pid));
    let answer = running.http_get("/status");
    assert_eq!(answer.json()["blockers"][0]["application"], "nightly report");
    assert!(!answer.body.contains("private") && !answer.body.contains("SELECT"), "{}", answer.body);
    blocker.sql("COMMIT");
    running.answers("/ready", 200);
    assert_eq!(running.http_get("/status").json()["blockers"], json!([]));
}

#[test]
fn status_names_who_holds_the_gates_lock() {
    let database = TestDatabase::new();
    let (gate, hold, holder) = held(&database);
    let pid = i64::from(hold.reached());
    let mut waiter = gate.spawn();
    eventually("the holder shows", || waiter.http_get("/status").json()["lock_holder"]["pid"].as_i64() == Some(pid));
    assert_eq!(waiter.http_get("/status").json()["phase"], "locking");
    is_closed(&mut waiter);
    hold.release();
    for mut running in [holder, waiter] {
        running.answers("/ready", 200);
        assert!(running.http_get("/status").json()["lock_holder"].is_null());
    }
}

#[track_caller]
fn promtool_is_content(text: &str) {
    let promtool = std::env::var_os("PROMTOOL").unwrap_or_else(|| "promtool".into());
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool: `.ci/setup test` finds it, target/lockgate-env names it");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("promtool reads");
    let output = child.wait_with_output().expect("promtool");
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.trim().is_empty(), "{said}\n{text}");
}

#[test]
fn the_metrics_of_every_phase_are_clean() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = chain(Gate::at(&database.url_via(&proxy))).spawn();
    let in_phase = |running: &mut Running, phase: &str| {
        let shown = format!("lockgate_phase{{phase=\"{phase}\"}} 1");
        eventually(&shown, || running.http_get("/metrics").body.contains(&shown));
        let answer = running.http_get("/metrics");
        assert!(answer.header("content-type").is_some_and(|it| it.starts_with("text/plain; version=0.0.4")));
        promtool_is_content(&answer.body);
        answer.body
    };
    assert!(in_phase(&mut running, "waiting").contains("lockgate_ready 0"));
    proxy.restore();
    let migrating = in_phase(&mut running, "migrating");
    assert!(migrating.contains("lockgate_head_info{revision=\"0002\"} 1"), "{migrating}");
    hold.release();
    let open = in_phase(&mut running, "open");
    assert!(open.contains("lockgate_ready 1") && open.contains("lockgate_migrations_applied_total 2"), "{open}");
}

#[test]
fn the_metrics_file_of_a_finished_and_of_a_failed_run_is_clean() {
    let database = TestDatabase::new();
    let gate = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]);
    let file = gate.file("lockgate.prom");
    let gate = gate.args(["migrate".into(), "--metrics-textfile".into(), file.clone().into_os_string()]);
    gate.run().expect(0);
    let text = std::fs::read_to_string(&file).expect("the metrics");
    promtool_is_content(&text);
    assert!(text.contains("lockgate_ready 1") && text.contains("lockgate_migrations_applied_total 1"), "{text}");
    gate.clone().chain(&[("0002_two.sql", "SELECT 1 / 0")]).run().expect(65);
    let text = std::fs::read_to_string(&file).expect("the metrics");
    promtool_is_content(&text);
    assert!(text.contains("lockgate_failures_total{class=\"refuse\"} 1"), "{text}");
    assert!(text.contains("lockgate_phase{phase=\"failed\"} 1"), "{text}");
}

#[test]
fn an_open_gate_keeps_no_connection() {
    let database = TestDatabase::new();
    let mut running = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]).args(["serve"]).spawn();
    running.answers("/ready", 200);
    eventually("no connection remains", || ours(&database) == "0");
    assert_eq!(running.http_get("/ready").status, 200);
}

#[test]
fn a_migrating_gate_keeps_the_connection_that_works_and_one_that_observes() {
    let database = TestDatabase::new();
    let (_, _hold, mut running) = held(&database);
    let observer = "SELECT coalesce(max(pid), 0), coalesce(max(extract(epoch FROM clock_timestamp() - backend_start)), 0) > 3 FROM \
                    pg_stat_activity WHERE application_name LIKE 'lockgate/%' AND datname = current_database() AND state = 'idle'";
    running.says("waits for");
    let first = database.query_text(observer)[0][0].clone();
    eventually("it has observed for some seconds", || database.query_text(observer)[0][1] == "t");
    assert_eq!(database.query_text(observer)[0][0], first, "the observer is the same");
    assert_eq!(ours(&database), "2");
}

#[test]
fn a_database_that_goes_away_does_not_unready_an_open_gate() {
    let cluster = Cluster::start_private(&[]);
    let database = TestDatabase::on(&cluster);
    let mut running = Gate::new(&database).chain(&[("0001_one.sql", "CREATE TABLE t ()")]).args(["serve"]).spawn();
    running.answers("/ready", 200);
    cluster.stop(Shutdown::Fast);
    for path in READY {
        assert_eq!(running.http_get(path).status, 200, "{path}");
    }
    ends_open(running);
}

#[test]
fn migrate_answers_while_it_works_where_it_is_told_to_listen() {
    let database = TestDatabase::new();
    let hold = Hold::on(&database);
    let mut running = chain(Gate::new(&database)).args(["migrate"]).listening().spawn();
    hold.reached();
    is_closed(&mut running);
    assert_eq!(running.http_get("/status").json()["phase"], "migrating");
    let address = running.address();
    hold.release();
    running.wait(LONG).expect(0);
    assert!(TcpStream::connect(address).is_err(), "the port is free again");
}
