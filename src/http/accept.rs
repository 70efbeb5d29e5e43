//! The accept loop. `axum::serve` has no time limit for headers and no limit on connections; a gate must answer its
//! probes whatever else hangs on its port.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::Response;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, getrlimit};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt;

use super::{health, router};
use crate::progress::Progress;

/// For the headers of a request, and as long between two requests: a probe sends its own at once, and a scraper that
/// finds its connection closed opens another.
const HEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes for a request's line and headers together. hyper takes no less; more gets a 431.
const HEADER_LIMIT: usize = 8192;
/// Open connections, where the process may have twice as many descriptors.
const CONNECTION_LIMIT: usize = 512;
/// After an accept that failed for want of descriptors or memory, unless a connection ends before.
const PAUSE: Duration = Duration::from_millis(50);
/// For answers that are being written when the end comes. They come from memory: a second is long.
const DRAIN: Duration = Duration::from_secs(1);

/// Answers on `listener` until `shutdown` is ready, then closes it and lets answers that have begun go out.
pub async fn serve(listener: TcpListener, progress: Progress, shutdown: impl Future) {
    let mut shutdown = pin!(shutdown);
    let mut connections = Connections::new(progress);
    loop {
        tokio::select! {
            biased;
            _ = &mut shutdown => break,
            Some(ended) = connections.tasks.join_next_with_id() => connections.forget(ended),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => connections.open(stream),
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => tokio::select! {
                    biased;
                    _ = &mut shutdown => break,
                    () = connections.make_room(&error) => {}
                },
            },
        }
    }
    // Whoever takes the port after us (`exec`) must not wait for our last answers.
    drop(listener);
    connections.drain().await;
}

/// The peer gave up before we took its connection: accept(2) says to go on as after EAGAIN.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

struct Connections {
    progress: Progress,
    router: Router,
    started: Instant,
    tasks: JoinSet<()>,
    open: HashMap<Id, Open>,
    /// How many may be open, see [`limit`].
    limit: usize,
    /// True where the log was told that descriptors ran out.
    short: bool,
    /// Tells every connection to end after the answer that it is giving.
    ending: watch::Sender<bool>,
}

struct Open {
    task: AbortHandle,
    last_request: LastRequest,
}

/// Milliseconds, counted from the start of the loop, at which the last whole request came in, or the connection where
/// none did. Half-sent headers do not move it, so nobody stays by dripping bytes.
type LastRequest = Arc<AtomicU64>;

impl Connections {
    fn new(progress: Progress) -> Self {
        Self {
            router: router::router(progress.clone()),
            progress,
            started: Instant::now(),
            tasks: JoinSet::new(),
            open: HashMap::new(),
            limit: limit(),
            short: false,
            ending: watch::Sender::new(false),
        }
    }

    /// Takes a connection in. A full house closes its idlest one: the newcomer may be the probe.
    fn open(&mut self, stream: TcpStream) {
        if self.open.len() >= self.limit {
            self.close_idlest();
        }
        let last_request = LastRequest::new(AtomicU64::new(millis(self.started)));
        let (router, progress) = (self.router.clone(), self.progress.clone());
        let (started, ending) = (self.started, self.ending.subscribe());
        let task = self.tasks.spawn(converse(stream, progress, router, started, last_request.clone(), ending));
        self.open.insert(task.id(), Open { task, last_request });
    }

    /// After an accept that failed: closes the idlest connection and waits until its descriptor, or another's, is
    /// free. A flood goes through here once a connection, so only the first is worth a warning.
    async fn make_room(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.short, true) {
            tracing::warn!(%error, "cannot accept a connection; from now on the idlest makes room");
        }
        self.close_idlest();
        tokio::select! {
            Some(ended) = self.tasks.join_next_with_id() => self.forget(ended),
            () = sleep(PAUSE) => {}
        }
    }

    /// A request is answered from memory in one go, so one that is in progress has the youngest time of all and is
    /// safe without being marked.
    fn close_idlest(&mut self) {
        let idlest = self.open.iter().min_by_key(|(_, open)| open.last_request.load(Ordering::Relaxed));
        if let Some((&id, open)) = idlest {
            open.task.abort();
            self.open.remove(&id);
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => error.id(),
        };
        self.open.remove(&id);
    }

    async fn drain(mut self) {
        self.ending.send_replace(true);
        let all = async { while self.tasks.join_next().await.is_some() {} };
        // Whoever is still reading slowly is cut off when the set is dropped.
        let _ = timeout(DRAIN, all).await;
    }
}

/// Half of the descriptors at most: the database, the logs and the chain's files need some too.
fn limit() -> usize {
    let descriptors = getrlimit(Resource::Nofile).current.and_then(|soft| usize::try_from(soft).ok());
    descriptors.map_or(CONNECTION_LIMIT, |soft| CONNECTION_LIMIT.min(soft / 2)).max(1)
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Answers one connection to its end. Its errors are the peer's own doing (bytes that are no HTTP, a reset, a
/// timeout): hyper has answered where there was something to answer.
async fn converse(
    stream: TcpStream,
    progress: Progress,
    router: Router,
    started: Instant,
    last_request: LastRequest,
    mut ending: watch::Receiver<bool>,
) {
    // Without it the kernel may hold back a small answer; where it cannot be set, the answer still comes.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: axum::http::Request<Incoming>| {
        last_request.store(millis(started), Ordering::Relaxed);
        answer(&progress, &router, request)
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_LIMIT);
    let mut connection = pin!(server.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = ending.wait_for(|ending| *ending) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

type Body = Either<http_body_util::Full<axum::body::Bytes>, axum::body::Body>;

async fn answer(
    progress: &Progress,
    router: &Router,
    request: axum::http::Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    match health::answer(progress, request.method(), request.uri().path()) {
        Some(response) => Ok(response.map(Either::Left)),
        None => router.clone().oneshot(request).await.map(|response| response.map(Either::Right)),
    }
}
