//! A database that is away, starting, full, a standby, or none at all.

use std::sync::OnceLock;

use crate::support::process::free_port;
use crate::support::{
    Cluster, Fake, Gate, PoolMode, Pooler, Proxy, Running, Session, Shutdown, TestDatabase, eventually,
};

const CHAIN: &[(&str, &str)] = &[("0001_base.sql", "CREATE TABLE t (id int)")];

fn migrate(url: &str) -> Gate {
    Gate::at(url).chain(CHAIN).args(["migrate"])
}

/// With little patience: for a database that will never be there.
fn migrate_in_vain(url: &str) -> Gate {
    migrate(url).env("LOCKGATE_WAIT_TIMEOUT", "500ms")
}

#[track_caller]
fn waits(gate: &Gate) -> Running {
    let mut running = gate.spawn();
    running.says("waiting for the database");
    running
}

#[test]
fn a_database_that_comes_up_later_is_migrated() {
    let cluster = Cluster::prepare_private(&[]);
    let running = waits(&migrate(&cluster.url("postgres")));
    cluster.start();
    running.wait_patiently().expect(0);
    assert_eq!(cluster.session("postgres").value("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_database_that_never_comes_is_out_of_time() {
    let port = free_port();
    let failed = migrate_in_vain(&format!("postgresql://app@127.0.0.1:{port}/shop")).run().fails(75, "LG0301");
    assert_eq!(failed.message, format!("127.0.0.1:{port} cannot be reached"));
    assert!(failed.causes.contains("refused") && failed.details.contains("waited"), "{failed:?}");
    assert!(failed.next.contains("LOCKGATE_WAIT_TIMEOUT"), "{failed:?}");
}

#[test]
fn an_unknown_host_name_is_named() {
    let failed = migrate_in_vain("postgresql://app@no-such-host.invalid/shop").run().fails(75, "LG0302");
    assert_eq!(failed.message, "the host no-such-host.invalid is unknown");
}

#[test]
fn a_socket_that_is_not_there_is_named_by_its_path() {
    let failed = migrate_in_vain("host=/nowhere port=5499 dbname=shop user=app").run().fails(75, "LG0301");
    assert_eq!(failed.message, "/nowhere/.s.PGSQL.5499 cannot be reached");
}

#[test]
fn an_attempt_that_is_not_answered_is_cut_and_made_again() {
    let fake = Fake::silent();
    let gate = migrate(&format!("{}&connect_timeout=2", fake.url())).env("LOCKGATE_WAIT_TIMEOUT", "3s");
    let failed = gate.run().fails(75, "LG0301");
    assert!(failed.message.contains("did not answer within"), "{failed:?}");
    assert!(fake.connections() >= 2, "{} attempts", fake.connections());
}

#[test]
fn the_wait_cuts_an_attempt_that_would_outlast_it() {
    let fake = Fake::silent();
    let gate = migrate(&format!("{}&connect_timeout=3600", fake.url())).env("LOCKGATE_WAIT_TIMEOUT", "500ms");
    let failed = gate.run().fails(75, "LG0301");
    assert!(failed.message.contains("did not answer within"), "{failed:?}");
}

#[test]
fn a_peer_of_another_protocol_is_not_postgres() {
    let mut runs = Vec::new();
    for (peer, sslmode, bytes) in [
        ("HTTP", "disable", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        ("HTTP", "prefer", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        ("HTTP", "require", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        ("SSH", "disable", "SSH-2.0-OpenSSH_9.2\r\n"),
        ("SSH", "require", "SSH-2.0-OpenSSH_9.2\r\n"),
        ("Redis", "disable", "-ERR unknown command\r\n"),
        ("MySQL", "prefer", "J\0\0\0\x0a8.0.36\0\x08\0\0\0abcdefgh\0"),
        ("zeros", "disable", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    ] {
        let fake = Fake::saying(bytes);
        runs.push((peer, sslmode, migrate_in_vain(&fake.url().replace("disable", sslmode)).spawn()));
    }
    for (peer, sslmode, running) in runs {
        let outcome = running.wait_patiently();
        let told = format!("{peer} at sslmode={sslmode}: {outcome}");
        assert_eq!(outcome.code, Some(75), "{told}");
        assert!(outcome.termination_log.starts_with("LG0306"), "{told}");
    }
}

#[test]
fn each_refusal_of_a_server_has_its_code() {
    let mut runs = Vec::new();
    for (sqlstate, message, exit, code) in [
        ("57P01", "terminating connection due to administrator command", 75, "LG0303"),
        ("57P02", "terminating connection because of crash of another server process", 75, "LG0303"),
        ("57P03", "the database system is starting up", 75, "LG0303"),
        ("57P03", "the database system is not accepting connections", 75, "LG0303"),
        ("53300", "sorry, too many clients already", 75, "LG0304"),
        ("53300", "too many connections for role \"app\"", 75, "LG0304"),
        ("53400", "configuration limit exceeded", 75, "LG0304"),
        ("25006", "session is read-only", 75, "LG0305"),
        ("58000", "could not access file", 75, "LG0301"),
        ("XX000", "something broke", 75, "LG0301"),
        ("08P01", "no more connections allowed (max_client_conn)", 75, "LG0304"),
        ("08P01", "server login failed", 75, "LG0301"),
        ("28P01", "password authentication failed for user \"app\"", 77, "LG0311"),
        ("08P01", "SASL authentication failed", 77, "LG0311"),
        ("28000", "role \"app\" does not exist", 77, "LG0312"),
        ("08P01", "no such user: app", 77, "LG0312"),
        ("3D000", "database \"shop\" does not exist", 77, "LG0313"),
        ("08P01", "no such database: shop", 77, "LG0313"),
        ("42501", "permission denied for database \"shop\"", 77, "LG0316"),
        ("XX000", "Tenant or user not found", 77, "LG0312"),
        ("XX000", "MaxClientsInSessionMode: max clients reached", 75, "LG0304"),
        ("XX000", "Endpoint ID is not specified. Either please upgrade the client library", 78, "LG0105"),
        ("08P01", "unsupported startup parameter: options", 78, "LG0105"),
        ("08P01", "unsupported startup parameter in options: search_path", 78, "LG0105"),
        ("42704", "unrecognized configuration parameter \"serch_path\"", 78, "LG0105"),
        ("42601", "invalid command-line argument for server process", 78, "LG0105"),
        ("22023", "invalid value for parameter \"work_mem\"", 78, "LG0105"),
        ("58P01", "could not access file \"auto_explian\"", 77, "LG0318"),
        ("08004", "the server rejected the connection", 77, "LG0318"),
        ("55000", "database \"shop\" is not currently accepting connections", 77, "LG0318"),
    ] {
        let fake = Fake::refusing(&[(sqlstate, message)]);
        runs.push((sqlstate, message, exit, code, migrate_in_vain(&fake.url()).spawn()));
    }
    for (sqlstate, message, exit, code, running) in runs {
        let failed = running.wait_patiently().fails(exit, code);
        assert!(failed.text().contains(&format!("{message} (SQLSTATE {sqlstate})")), "{failed:?}");
    }
}

#[test]
fn what_will_never_heal_ends_at_once() {
    for (sqlstate, message) in [
        ("XX000", "Tenant or user not found"),
        ("XX000", "Endpoint ID is not specified"),
        ("08P01", "unsupported startup parameter: options"),
        ("42704", "unrecognized configuration parameter"),
        ("58P01", "could not access file"),
    ] {
        let fake = Fake::refusing(&[(sqlstate, message)]);
        // With all the patience of the default.
        let outcome = migrate(&fake.url()).run();
        assert!(matches!(outcome.code, Some(77 | 78)), "{message}: {outcome}");
        assert_eq!(fake.connections(), 1, "{message}");
    }
}

#[test]
fn each_stage_of_an_attempt_that_is_not_answered_is_named() {
    let (silent, promising) = (Fake::silent(), Fake::promising_tls());
    for (url, stage) in [
        (silent.url(), "the server says nothing"),
        (promising.url().replace("disable", "require"), "the TLS handshake does not end"),
    ] {
        let failed = migrate_in_vain(&format!("{url}&connect_timeout=2")).run().fails(75, "LG0301");
        assert!(failed.message.contains(stage), "{failed:?}");
    }
}

#[test]
fn a_dead_first_address_costs_little() {
    // Given a name with two addresses, of which nothing comes back from the first: its queue of connections is full.
    let database = TestDatabase::new();
    let port = database.cluster().port();
    let Some(dead) = DeadAddress::on(port) else {
        return eprintln!("skipped: the name localhost has one address here");
    };
    let url = database.url().replacen("127.0.0.1", "localhost", 1);
    let began = std::time::Instant::now();
    migrate(&format!("{url}&connect_timeout=10")).run().expect(0);
    println!("{:?} beside {dead:?}", began.elapsed());
    assert!(began.elapsed() < std::time::Duration::from_secs(8), "the dead address used up its whole timeout");
}

/// A listener on `[::1]` that accepts no connection, beside a server on 127.0.0.1.
#[derive(Debug)]
struct DeadAddress {
    _listener: std::net::TcpListener,
    _queued: Vec<std::net::TcpStream>,
}

impl DeadAddress {
    fn on(port: u16) -> Option<Self> {
        use std::net::{TcpListener, TcpStream, ToSocketAddrs};
        let mut addresses = ("localhost", port).to_socket_addrs().ok()?;
        if addresses.next()?.is_ipv4() {
            return None;
        }
        let address = std::net::SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port));
        let socket = socket2::Socket::new(socket2::Domain::IPV6, socket2::Type::STREAM, None).ok()?;
        socket.bind(&address.into()).ok()?;
        socket.listen(0).ok()?;
        let listener = TcpListener::from(socket);
        let patience = std::time::Duration::from_millis(200);
        let queued: Vec<_> =
            std::iter::from_fn(|| TcpStream::connect_timeout(&address, patience).ok()).take(64).collect();
        Some(Self { _listener: listener, _queued: queued })
    }
}

#[test]
fn a_database_that_is_back_is_noticed_within_a_second() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let mut running = migrate(&database.url_via(&proxy)).args(["serve"]).spawn();
    running.says("waiting for the database");
    let asked = |running: &mut Running| {
        let metrics = running.http_get("/metrics").body;
        let of = |line: &&str| {
            line.starts_with("lockgate_connect_attempts_total") || line.starts_with("lockgate_wait_seconds")
        };
        metrics.lines().filter(of).map(str::to_owned).collect::<Vec<_>>()
    };
    eventually("the wait is counted while it lasts", || {
        asked(&mut running).iter().any(|line| {
            line.strip_prefix("lockgate_wait_seconds ").is_some_and(|value| value.parse::<f64>().unwrap_or(0.0) > 3.0)
        })
    });
    proxy.restore();
    let back = std::time::Instant::now();
    running.answers("/ready", 200);
    println!("{:?} after it was back", back.elapsed());
    // One second, and the time of the run itself.
    assert!(back.elapsed() < std::time::Duration::from_millis(2_500), "{:?}", back.elapsed());
}

#[test]
fn a_product_whose_locks_do_nothing_is_not_supported() {
    for (parameters, product) in [
        (&[("server_version", "13.0.0"), ("crdb_version", "CockroachDB CCL v23.1.11")][..], "CockroachDB"),
        (&[("server_version", "11.2-YB-2.20.1.0-b0")], "YugabyteDB"),
        (&[("server_version", "12.22 (Debian 12.22-1.pgdg120+1)")], "PostgreSQL 12"),
        (&[("server_version", "9.6.24")], "PostgreSQL 9.6"),
        (&[("server_version", "8.0.2")], "PostgreSQL 8.0"),
        (&[("server_version", "unknown")], "\"unknown\""),
        (&[], "\"\""),
    ] {
        // With all the patience of the default: no waiting helps.
        let failed = migrate(&Fake::reporting(parameters).url()).run().fails(69, "LG0321");
        assert!(failed.message.contains(product), "{failed:?}");
    }
}

#[test]
fn a_product_without_locks_is_known_by_its_endpoint() {
    let fake = Fake::reporting(&[("server_version", "16.13")]);
    let port = fake.url().rsplit(':').next().unwrap().split('/').next().unwrap().to_owned();
    let url = format!(
        "host=abc.dsql.us-east-1.on.aws hostaddr=127.0.0.1 port={port} user=admin dbname=postgres sslmode=disable"
    );

    let failed = migrate(&url).run().fails(69, "LG0321");

    assert!(failed.message.contains("Aurora DSQL"), "{failed:?}");
}

#[test]
fn a_full_server_is_waited_for_until_a_slot_is_free() {
    let cluster = Cluster::start_private(&[
        ("max_connections", "4"),
        ("superuser_reserved_connections", "0"),
        ("max_wal_senders", "0"),
    ]);
    let mut sessions: Vec<Session> = Vec::new();
    while let Ok(session) = cluster.try_session("postgres") {
        sessions.push(session);
    }
    let gate = migrate(&cluster.url("postgres"));
    let failed = gate.clone().env("LOCKGATE_WAIT_TIMEOUT", "500ms").run().fails(75, "LG0304");
    assert!(failed.text().contains("too many clients"), "{failed:?}");

    let mut running = gate.spawn();
    running.says("no free connection");
    // The gate needs two: one that works, one that observes it.
    sessions.drain(..2);
    running.wait_patiently().expect(0);
}

/// A primary and its standby, for the tests that change neither.
fn pair() -> &'static (Cluster, Cluster) {
    static PAIR: OnceLock<(Cluster, Cluster)> = OnceLock::new();
    PAIR.get_or_init(|| {
        let primary = Cluster::start_private(&[]);
        let standby = primary.standby();
        (primary, standby)
    })
}

/// A database on the primary that has arrived at the standby, and its URL there.
pub fn replicated() -> (TestDatabase, String) {
    let (primary, standby) = pair();
    let database = TestDatabase::on(primary);
    let url = database.url_at(standby.port());
    eventually("the database arrives", || standby.try_session(database.name()).is_ok());
    (database, url)
}

#[test]
fn a_standby_with_something_pending_is_out_of_time() {
    let (_database, url) = replicated();
    let failed = migrate_in_vain(&url).run().fails(75, "LG0305");
    assert!(failed.next.contains("target_session_attrs=read-write"), "{failed:?}");
}

#[test]
fn a_standby_at_head_opens() {
    let (database, url) = replicated();
    migrate(&database.url()).run().expect(0);
    // The standby may be a moment behind: that is waited for like anything else.
    migrate(&url).run().expect(0);
}

#[test]
fn the_primary_is_found_among_several_hosts() {
    let (database, url) = replicated();
    let (primary, standby) = pair();
    for attrs in ["read-write", "primary"] {
        let hosts = format!("127.0.0.1:{},127.0.0.1:{}/", standby.port(), primary.port());
        let url = url.replacen(&format!("127.0.0.1:{}/", standby.port()), &hosts, 1);
        migrate(&format!("{url}&target_session_attrs={attrs}")).run().expect(0);
        database.sql("DROP TABLE t, lockgate_history");
    }
}

#[test]
fn a_server_behind_a_pooler_is_asked_whether_it_takes_writes() {
    let (database, url) = replicated();
    let (primary, standby) = pair();
    let (writes, reads) = (Pooler::start(primary, PoolMode::Session), Pooler::start(standby, PoolMode::Session));
    let ports = format!("127.0.0.1:{},127.0.0.1:{}/", reads.port(), writes.port());
    let url = url.replacen(&format!("127.0.0.1:{}/", standby.port()), &ports, 1);
    migrate(&format!("{url}&target_session_attrs=read-write")).run().expect(0);
    assert_eq!(database.value("SELECT count(*) FROM t"), "0");
}

#[test]
fn a_host_that_is_down_is_passed_over() {
    let database = TestDatabase::new();
    let port = database.cluster().port();
    let hosts = format!("127.0.0.1:{},127.0.0.1:{port}/", free_port());
    migrate(&database.url().replacen(&format!("127.0.0.1:{port}/"), &hosts, 1)).run().expect(0);
}

#[test]
fn the_cause_is_logged_when_it_changes_and_not_at_every_attempt() {
    let starting = ("57P03", "the database system is starting up");
    let fake = Fake::refusing(&[starting, starting, starting, ("53300", "sorry, too many clients already")]);
    let mut running = migrate(&fake.url()).spawn();
    running.says("LG0304");
    eventually("more attempts", || fake.connections() >= 6);
    running.terminate();
    let outcome = running.wait_patiently().expect(143);
    assert_eq!(outcome.codes(), ["LG0303", "LG0304"], "{outcome}");
}

#[test]
fn a_broken_chain_is_said_at_once_though_the_database_is_away() {
    let url = format!("postgresql://app@127.0.0.1:{}/shop", free_port());
    for (files, code) in [
        (&[("0001_base.sql", "CREATE TABLE")][..], "LG0203"),
        (&[("0001_base.sql", "SELECT 1; COMMIT; SELECT 2")], "LG0203"),
        (&[("0001_base.sql", "SELECT 1"), ("0003_gap.sql", "-- lockgate:after 0002\nSELECT 1")], "LG0202"),
        (&[("0001_base.sql", "SELECT 1"), ("1_twin.sql", "SELECT 1")], "LG0202"),
        (&[], "LG0202"),
    ] {
        // With all the patience of the default: a database that comes up would change nothing.
        Gate::at(&url).chain(files).args(["migrate"]).run().fails(65, code);
    }
}

#[test]
fn a_signal_ends_the_wait_at_once() {
    let refused = format!("postgresql://app@127.0.0.1:{}/shop", free_port());
    for command in ["migrate", "wait"] {
        let running = waits(&migrate(&refused).args([command]));
        running.terminate();
        running.wait_patiently().fails(143, "LG0801");

        let running = waits(&migrate(&refused).args([command]));
        running.interrupt();
        running.wait_patiently().fails(130, "LG0802");
    }
}

#[test]
fn a_signal_ends_an_attempt_that_is_not_answered() {
    let fake = Fake::silent();
    let running = migrate(&format!("{}&connect_timeout=3600", fake.url())).spawn();
    eventually("an attempt", || fake.connections() == 1);
    running.terminate();
    running.wait_patiently().fails(143, "LG0801");
}

#[test]
fn a_server_that_restarts_in_the_middle_of_a_wait_is_found_again() {
    let cluster = Cluster::start_private(&[]);
    let migrate = migrate(&cluster.url("postgres"));
    let mut waiting = migrate.with(["wait"]).spawn();
    waiting.says("waiting for another run");
    cluster.stop(Shutdown::Fast);
    waiting.says("waiting for the database");
    cluster.start();
    migrate.run().expect(0);
    waiting.wait_patiently().expect(0);
}

#[test]
fn a_network_that_comes_back_ends_the_wait() {
    let database = TestDatabase::new();
    let proxy = Proxy::to(database.cluster());
    proxy.refuse();
    let running = waits(&migrate(&database.url_via(&proxy)));
    proxy.restore();
    running.wait_patiently().expect(0);
}

#[test]
fn what_is_waited_for_is_in_the_status() {
    let fake = Fake::refusing(&[("57P03", "the database system is starting up")]);
    let mut running = migrate(&fake.url()).args(["serve"]).spawn();
    running.says("waiting for the database");
    let status = running.http_get("/status").json();
    assert_eq!(status["phase"], "waiting");
    let cause = status["waiting_for"].as_str().unwrap_or_default().to_owned();
    assert!(cause.contains("the database system is starting up"), "{status}");
    assert_eq!(running.http_get("/ready").status, 503);
}
