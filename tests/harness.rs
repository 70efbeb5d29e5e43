//! The harness itself does as the tests rely on.

use std::time::{Duration, Instant};

use crate::support::{
    Cluster, Cut, Gate, PoolMode, Pooler, Proxy, Session, Shutdown, TestDatabase, Way, eventually, http,
};

fn session_via(proxy: &Proxy, database: &TestDatabase) -> Session {
    Session::open(&database.url_via(proxy))
}

#[test]
fn a_database_is_a_tests_own() {
    let (one, other) = (TestDatabase::new(), TestDatabase::new());
    one.sql("CREATE TABLE t (id int, name text); INSERT INTO t VALUES (1, 'a'), (2, NULL)");
    assert_eq!(one.query_text("SELECT * FROM t ORDER BY id"), [["1", "a"], ["2", "NULL"]]);
    assert_eq!(other.value("SELECT to_regclass('t') IS NULL"), "t");
}

#[test]
fn a_database_is_dropped_with_its_value_even_in_use() {
    let database = TestDatabase::new();
    let (name, session) = (database.name().to_owned(), database.session());
    drop(database);
    let gone = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(Cluster::shared().session("postgres").value(&gone), "0");
    eventually("the session is closed", || session.is_closed());
}

#[test]
fn roles_come_in_as_their_group_says() {
    let database = TestDatabase::new();
    let secret = database.cluster().role("LOGIN PASSWORD 'right' IN ROLE secret");
    let barred = database.cluster().role("LOGIN IN ROLE barred");
    let plain = database.cluster().role("LOGIN");
    let may = |role: &str, password| {
        let open = || Session::open(&database.url_as(role, password)).value("SELECT current_user");
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(open)).is_ok()
    };
    assert!(may(&plain, None) && may(&secret, Some("right")));
    assert!(!may(&secret, Some("wrong")) && !may(&barred, None));
}

#[test]
fn the_server_speaks_tls_with_a_certificate_of_our_authority() {
    let database = TestDatabase::new();
    let tls = database.cluster().tls();
    assert_eq!(database.value("SHOW ssl"), "on");
    for file in [&tls.authority, &tls.strange_authority, &tls.client_certificate, &tls.client_key] {
        assert!(std::fs::read_to_string(file).expect("a file").starts_with("-----BEGIN"));
    }
}

#[test]
fn a_private_cluster_stops_and_starts_again() {
    let cluster = Cluster::prepare_private(&[("max_connections", "50")]);
    assert!(std::net::TcpStream::connect(cluster.address()).is_err());
    cluster.start();
    let database = TestDatabase::on(&cluster);
    database.sql("CREATE TABLE t ()");
    assert_eq!(database.value("SHOW max_connections"), "50");
    let session = database.session();
    cluster.stop(Shutdown::Fast);
    eventually("the session is closed", || session.is_closed());
    cluster.start();
    assert_eq!(database.value("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_standby_follows_and_takes_over() {
    let primary = Cluster::start_private(&[]);
    let standby = primary.standby();
    primary.session("postgres").sql("CREATE TABLE t ()");
    eventually("the table arrives", || standby.session("postgres").value("SELECT to_regclass('t') IS NOT NULL") == "t");
    assert_eq!(standby.session("postgres").value("SELECT pg_is_in_recovery()"), "t");
    standby.promote();
    eventually("it leads", || standby.session("postgres").value("SELECT pg_is_in_recovery()") == "f");
}

#[test]
fn the_proxy_counts_connections_messages_and_round_trips() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.delay(Duration::from_millis(5));
    let session = session_via(&proxy, &database);
    session.sql("SELECT 1");
    session.sql("SELECT 2; SELECT 3");
    drop(session);
    eventually("it is closed", || proxy.connections()[0].closed);
    let connections = proxy.connections();
    assert_eq!(connections.len(), 1);
    assert_eq!(connections[0].to_server, "^QQX");
    assert_eq!(connections[0].round_trips, 3);
    assert!(connections[0].to_client.starts_with('R') && connections[0].to_client.ends_with("ZTDCTDCZ"));
}

#[test]
fn the_proxy_delays_each_way() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let session = session_via(&proxy, &database);
    proxy.delay(Duration::from_millis(50));
    let start = Instant::now();
    session.sql("SELECT 1");
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn the_proxy_cuts_after_a_message_once() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.cut(Cut::after_messages(Way::ToServer, 3));
    let session = session_via(&proxy, &database);
    session.sql("CREATE TABLE t ()");
    // The server gets the third message; its answer is lost.
    assert!(session.try_sql("DROP TABLE t").is_err());
    eventually("the server has done it", || database.value("SELECT to_regclass('t') IS NULL") == "t");
    assert_eq!((proxy.cuts(), proxy.connections()[0].to_server.as_str()), (1, "^QQ"));
    session_via(&proxy, &database).sql("SELECT 1");
}

#[test]
fn the_proxy_cuts_where_it_is_told() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let first = session_via(&proxy, &database);
    proxy.cut(Cut::after_tagged(Way::ToClient, 'C', 1).in_connection(2));
    first.sql("SELECT 1");
    let second = session_via(&proxy, &database);
    assert!(second.try_sql("SELECT 1").is_err());
    first.sql("SELECT 1");
    proxy.cut(Cut::after_bytes(Way::ToClient, proxy.connections()[0].bytes_to_client + 1));
    assert!(first.try_sql("SELECT 1").is_err());
    assert_eq!(proxy.cuts(), 2);
}

#[test]
fn the_proxy_refuses_freezes_and_restores() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    let session = session_via(&proxy, &database);
    proxy.refuse();
    let refused = std::net::TcpStream::connect(proxy.address()).expect_err("closed");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    session.sql("SELECT 1");
    proxy.restore();
    session_via(&proxy, &database).sql("SELECT 1");
    proxy.freeze();
    std::thread::scope(|scope| {
        let frozen = scope.spawn(|| session.try_sql("CREATE TABLE t ()"));
        let sent = |proxy: &Proxy| proxy.connections()[0].to_server == "^QQ";
        eventually("it is sent", || sent(&proxy));
        assert_eq!(database.value("SELECT to_regclass('t') IS NULL"), "t");
        proxy.thaw();
        frozen.join().expect("no panic").expect("done");
    });
    proxy.cut_now();
    assert!(session.try_sql("SELECT 1").is_err());
}

#[test]
fn a_transaction_pooler_shares_one_backend() {
    let database = TestDatabase::new();
    let pooler = Pooler::start(database.cluster(), PoolMode::Transaction);
    let (one, other) = (Session::open(&database.url_at(pooler.port())), Session::open(&database.url_at(pooler.port())));
    assert_eq!(one.pid(), other.pid());
}

/// A shell in the gate's place.
fn shell(script: &str) -> Gate {
    Gate::without_database().program("/bin/sh").args(["-c", script])
}

#[test]
fn a_gate_runs_with_an_environment_of_its_own() {
    let gate =
        shell("cat $LOCKGATE_MIGRATIONS/*; echo ${HOME-none} >&2; printf bye >$LOCKGATE_TERMINATION_LOG; exit 65");
    let outcome = gate.chain(&[("0001_base.sql", "SELECT 1")]).run().expect(65);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("SELECT 1", "none\n"));
    assert_eq!(outcome.termination_log, "bye");
}

#[test]
fn a_running_gate_takes_signals() {
    let mut running = shell("trap 'echo stopped; exit 143' TERM; echo ready >&2; while :; do sleep 0.01; done").spawn();
    running.says("ready");
    running.terminate();
    let outcome = running.wait(Duration::from_secs(10)).expect(143);
    assert_eq!(outcome.stdout, "stopped\n");
    let running = shell("exec sleep 60").spawn();
    running.kill();
    assert_eq!(running.wait(Duration::from_secs(10)).signal, Some(9));
}

#[test]
fn the_executable_is_the_real_one() {
    let outcome = Gate::without_database().args(["--version"]).run();
    assert_eq!(outcome.code, Some(0), "{outcome}");
}

#[test]
fn the_http_client_reads_headers_and_chunks() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 512];
        let size = std::io::Read::read(&mut stream, &mut request).expect("a request");
        let answer = "HTTP/1.1 503 Not Yet\r\nRetry-After: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnot\r\n4\r\n yet\r\n0\r\n\r\n";
        std::io::Write::write_all(&mut stream, answer.as_bytes()).expect("an answer");
        String::from_utf8_lossy(&request[..size]).into_owned()
    });
    let response = http::get(address, "/ready").expect("an answer");
    assert_eq!((response.status, response.header("retry-after"), response.body.as_str()), (503, Some("1"), "not yet"));
    assert!(server.join().expect("no panic").starts_with("GET /ready HTTP/1.1\r\n"));
}
