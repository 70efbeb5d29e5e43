//! Tests over real sockets, byte by byte.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{bind, serve};
use crate::failure::{Code, Failure};
use crate::progress::{Phase, Progress, Running, Session};
use crate::telemetry::metrics::Metrics;

/// Nothing here takes this long unless it hangs.
const FOREVER: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    progress: Progress,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    fn start() -> Self {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let progress = Progress::new(Metrics::new());
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, progress.clone(), stopped));
        Self { address, progress, stop, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads to the end.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n");
        Answer::parse(&self.send(request.as_bytes()).await)
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset counts as an end.
    let _ = timeout(FOREVER, stream.read_to_end(&mut bytes)).await.expect("the server ends the connection");
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
        Self { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

const READY: [&str; 3] = ["/ready", "/readyz", "/startup"];
const HEALTH: [&str; 2] = ["/health", "/healthz"];
const ALWAYS: [(&str, &str); 3] = [
    ("/livez", "application/health+json"),
    ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
    ("/status", "application/json"),
];

async fn expect(server: &Server, path: &str, status: u16, content_type: &str) {
    let get = server.ask("GET", path).await;
    assert_eq!((get.status, get.header("content-type")), (status, Some(content_type)), "{path}");
    assert_eq!(get.header("retry-after"), (status == 503).then_some("1"), "{path}");
    assert!(!get.body.is_empty(), "{path}");
    if content_type != ALWAYS[1].1 && status != 404 {
        assert_eq!(get.header("cache-control"), Some("no-store"), "{path}");
    }
    if content_type == "application/health+json" {
        let body = get.json();
        assert_eq!(body["status"], if status == 200 { "pass" } else { "fail" }, "{path}");
        assert_eq!(body["phase"], server.progress.phase().word());
        assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
        assert!(body["description"].is_string());
    }
    let head = server.ask("HEAD", path).await;
    assert_eq!((head.status, head.body.as_str()), (status, ""), "{path}");
    assert_eq!(head.header("content-type"), Some(content_type), "{path}");
    if status != 404 {
        let post = server.ask("POST", path).await;
        assert_eq!((post.status, post.header("allow")), (405, Some("get,head")), "{path}");
    }
}

async fn expect_all(server: &Server, ready: u16, health: u16) {
    for path in READY {
        expect(server, path, ready, "application/health+json").await;
    }
    for path in HEALTH {
        expect(server, path, health, "application/health+json").await;
    }
    for (path, content_type) in ALWAYS {
        expect(server, path, 200, content_type).await;
    }
    expect(server, "/", 200, "text/html; charset=utf-8").await;
    for path in ["/ready/", "/live", "/nothing"] {
        expect(server, path, 404, "application/json").await;
    }
}

#[tokio::test]
async fn every_path_answers_by_the_phase() {
    let server = Server::start();
    for phase in [Phase::Waiting, Phase::Locking, Phase::Planning, Phase::Migrating, Phase::Verifying] {
        server.progress.enter(phase);
        assert_eq!(server.ask("GET", "/ready?verbose").await.json()["phase"], phase.word());
    }
    expect_all(&server, 503, 503).await;
    server.progress.enter(Phase::Open);
    expect_all(&server, 200, 200).await;
    server.progress.update(|known| known.stopping = true);
    expect_all(&server, 503, 200).await;
}

#[tokio::test]
async fn a_failed_gate_is_not_ready_and_says_why_without_its_sql() {
    let server = Server::start();
    let mut failure = Failure::new(Code::STATEMENT, "invalid input syntax for type integer: \"private\"");
    failure.guarded.public = Some("a value does not read as its type".into());
    failure.details = vec!["INSERT INTO t VALUES ('private')".into()];
    failure.guarded.private = vec!["Key (id)=(private) already exists.".into()];
    server.progress.fail(&failure);
    expect_all(&server, 503, 503).await;
    let status = server.ask("GET", "/status").await;
    assert!(!status.body.contains("private"), "{}", status.body);
    let told = &status.json()["failure"];
    assert_eq!((&told["code"], &told["class"], &told["exit"]), (&"LG0601".into(), &"refuse".into(), &65.into()));
    assert_eq!(
        (&told["message"], &told["causes"]),
        (&"a value does not read as its type".into(), &serde_json::json!([]))
    );
    assert!(told["next"].is_string() && told["since"].is_number(), "{told}");
    let ready = server.ask("GET", "/ready").await;
    assert!(!ready.body.contains("private"), "{}", ready.body);
    assert_eq!(ready.json()["output"], "a value does not read as its type");
    assert!(server.ask("GET", "/metrics").await.body.contains("lockgate_failures_total{class=\"refuse\"} 1"));
}

#[tokio::test]
async fn trouble_closes_an_open_gate_only_where_readiness_is_live() {
    let server = Server::start();
    server.progress.enter(Phase::Open);
    let mut failure = Failure::new(Code::PASSWORD, "the password is refused");
    failure.causes = vec!["password authentication failed (SQLSTATE 28P01)".into()];
    assert!(server.progress.troubled(failure.clone()) && !server.progress.troubled(failure));
    for (is_live, ready) in [(false, 200), (true, 503)] {
        server.progress.update(|known| known.is_live = is_live);
        expect_all(&server, ready, 200).await;
        let body = server.ask("GET", "/ready").await.json();
        assert_eq!((&body["code"], &body["phase"]), (&"LG0311".into(), &"open".into()));
        assert_eq!(body["output"], "the password is refused: password authentication failed (SQLSTATE 28P01)");
        assert!(body["since"].as_str().is_some_and(|since| since.ends_with('Z')), "{body}");
    }
    assert!(server.progress.untroubled() && !server.progress.untroubled());
    expect_all(&server, 200, 200).await;
}

#[tokio::test]
async fn the_page_carries_a_policy_that_lets_nothing_else_in() {
    let server = Server::start();
    let page = server.ask("GET", "/").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && policy.contains("connect-src 'self'"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.body.contains("fetch(\"status\""), "{}", page.body);
}

#[tokio::test]
async fn the_status_tells_what_runs_and_who_blocks_but_not_their_queries() {
    let server = Server::start();
    let session = Session { pid: 42, user: Some("app".into()), query: Some("private".into()), ..Session::default() };
    server.progress.enter(Phase::Migrating);
    server.progress.verdicts("apply", 1);
    server.progress.update(|known| {
        known.head = Some("0006".into());
        known.pending = vec!["0006".into()];
        known.blockers = vec![session.clone()];
        known.lock_holder = Some(session);
        let (file, text) = ("0006_limits.sql".into(), "ALTER TABLE t".into());
        known.running = Some(Running {
            revision: "0006".into(),
            file,
            line: 3,
            text,
            command: "SELECT".into(),
            place: (1, 2),
            since: Instant::now(),
            waits_for: Some("the disk".into()),
            progress: None,
        });
    });
    let answer = server.ask("GET", "/status").await;
    assert!(!answer.body.contains("private") && !answer.body.contains("query"), "{}", answer.body);
    let status = answer.json();
    assert_eq!(status["running"]["line"], 3);
    assert_eq!(status["running"]["text"], "ALTER TABLE t");
    assert_eq!(status["lock_holder"]["user"], "app");
    assert_eq!(status["blockers"][0]["pid"], 42);
    assert_eq!(status["pending"], serde_json::json!(["0006"]));
    assert_eq!(status["verdicts"]["apply"], 1);
    assert!(status["uptime_seconds"].is_number() && status["current"].is_null());
}

#[tokio::test]
async fn a_client_that_drips_its_headers_is_cut_off() {
    let server = Server::start();
    let mut stream = server.connect().await;
    let started = Instant::now();
    stream.write_all(b"GET /ready HTTP/1.1\r\nX-Slow: ").await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let drip = tokio::spawn(async move {
        while writer.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut bytes = Vec::new();
    let _ = timeout(FOREVER, reader.read_to_end(&mut bytes)).await.expect("the server cuts it off");
    assert!(started.elapsed() > Duration::from_secs(1), "a slow client has some time");
    drip.abort();
}

#[tokio::test]
async fn a_connection_serves_more_than_one_request() {
    let server = Server::start();
    let mut stream = server.connect().await;
    for _ in 0..3 {
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: gate\r\n\r\n").await.unwrap();
        let mut bytes = [0; 1024];
        let read = timeout(FOREVER, stream.read(&mut bytes)).await.unwrap().unwrap();
        assert!(bytes[..read].starts_with(b"HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn headers_that_are_too_large_get_431() {
    let server = Server::start();
    let request = format!("GET /ready HTTP/1.1\r\nHost: gate\r\nX-Large: {}\r\n\r\n", "a".repeat(9000));
    let answer = server.send(request.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    // If the server has read everything, no reset can overtake the answer.
    let exact = format!("GET /ready HTTP/1.1\r\nX-Large: {}", "a".repeat(8192 - 30));
    assert_eq!(exact.len(), 8192);
    assert_eq!(Answer::parse(&server.send(exact.as_bytes()).await).status, 431);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_is_answered_while_others_hold_their_connections() {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    setrlimit(Resource::Nofile, files).unwrap();
    let server = Server::start();
    server.progress.enter(Phase::Open);
    let mut held = Vec::new();
    for _ in 0..100 {
        let mut stream = server.connect().await;
        stream.write_all(b"GET /ready HTTP/1.1\r\nHos").await.unwrap();
        held.push(stream);
    }
    for _ in 0..1000 {
        held.push(server.connect().await);
    }
    let answer = timeout(Duration::from_secs(1), server.ask("GET", "/ready")).await.expect("an answer in time");
    assert_eq!(answer.status, 200);
    // The oldest connections, with incomplete headers, were closed, and the newest were not turned away.
    let oldest = timeout(Duration::from_secs(1), read_to_end(&mut held[0])).await;
    assert_eq!(oldest.expect("closed before its time for headers is over"), "");
    let newest = held.last_mut().unwrap();
    newest.write_all(b"GET /ready HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n").await.unwrap();
    assert_eq!(Answer::parse(&read_to_end(newest).await).status, 200);
}

#[tokio::test]
async fn garbage_does_not_end_the_loop() {
    let server = Server::start();
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], b"\0\0\0\x08\x04\xd2\x16\x2f\r\n\r\n"]
    {
        let answer = server.send(garbage).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    drop(server.connect().await);
    assert_eq!(server.ask("GET", "/livez").await.status, 200);
}

#[tokio::test]
async fn the_end_frees_the_port_and_does_not_wait_for_idlers() {
    let server = Server::start();
    let mut idle = server.connect().await;
    assert_eq!(server.ask("GET", "/livez").await.status, 200);
    server.stop.send(()).unwrap();
    timeout(FOREVER, server.task).await.expect("serve returns").unwrap();
    assert_eq!(read_to_end(&mut idle).await, "");
    bind(server.address).expect("the port is free again");
}

#[tokio::test]
async fn a_taken_port_is_an_error_with_its_address() {
    let server = Server::start();
    let failure = Failure::from(bind(server.address).unwrap_err());
    assert_eq!(failure.code, Code::BIND);
    assert_eq!(failure.message, format!("cannot listen on {}", server.address));
    assert_eq!(failure.causes.len(), 1);
}

#[tokio::test]
async fn every_address_means_ipv4_too() {
    let listener = bind("[::]:0".parse().unwrap()).unwrap();
    let port = listener.local_addr().unwrap().port();
    TcpStream::connect(("127.0.0.1", port)).await.unwrap();
}

/// Bytes that resemble HTTP enough to be parsed far.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"GET ".to_vec()),
        Just(b"POST /ready HTTP/1.1\r\n".to_vec()),
        Just(b"GET /status HTTP/1.0\r\n".to_vec()),
        Just(b"Content-Length: 5\r\n".to_vec()),
        Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        Just(b"Expect: 100-continue\r\n".to_vec()),
        Just(b"Upgrade: websocket\r\nConnection: upgrade\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"/%00/..//metrics?\xff".to_vec()),
        prop::collection::vec(any::<u8>(), 0..200),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_hang_or_end_the_server(bytes in requests()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::start();
            let mut stream = server.connect().await;
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            read_to_end(&mut stream).await;
            assert_eq!(server.ask("GET", "/livez").await.status, 200);
            assert!(!server.task.is_finished());
        });
    }
}
