//! The accept loop. `axum::serve` has neither a time limit for headers nor a limit on connections; a gate must answer its probes,
//! whatever else is connected to its port.

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

/// The time limit for the headers of a request, and between two requests: a probe sends its own at once, and a scraper whose
/// connection was closed opens another.
const HEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// The limit in bytes for a request's line and headers together. hyper accepts no lower limit; a longer request gets a 431.
const HEADER_LIMIT: usize = 8192;
/// The limit of open connections, if the process may have twice as many descriptors.
const CONNECTION_LIMIT: usize = 512;
/// The pause after an accept that failed for lack of descriptors or memory, unless a connection ends earlier.
const PAUSE: Duration = Duration::from_millis(50);
/// The time for answers in progress at the end. They come from memory: a second is long.
const DRAIN: Duration = Duration::from_secs(1);

/// Answers on `listener` until `shutdown` is ready, then closes it and completes the answers in progress.
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
    // The next program on this port (`exec`) must not wait for our last answers.
    drop(listener);
    connections.drain().await;
}

/// The peer gave up before its connection was accepted: accept(2) recommends to retry as after EAGAIN.
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
    /// The limit of open connections, see [`limit`].
    limit: usize,
    /// True after a log message that descriptors ran out.
    short: bool,
    /// Tells every connection to end after its current answer.
    ending: watch::Sender<bool>,
}

struct Open {
    task: AbortHandle,
    last_request: LastRequest,
}

/// The time of the last complete request in milliseconds since the start of the loop, or that of the connection if there was
/// none. Incomplete headers do not change it, so no peer stays by sending single bytes.
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

    /// Accepts a connection. At the limit, the connection that is idle longest is closed: the newcomer may be the probe.
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

    /// After a failed accept: closes the connection that is idle longest, and waits until its descriptor or another is free. A
    /// flood repeats this for each connection, so only the first is worth a warning.
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

    /// Closes the connection that is idle longest. A request is answered from memory at once, so a request in progress has the
    /// most recent time and needs no mark.
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
        // Dropping the set cuts off slow readers.
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

/// Answers one connection to its end. Its errors are the peer's doing (bytes that are not HTTP, a reset, a timeout): hyper has
/// answered where an answer was possible.
async fn converse(
    stream: TcpStream,
    progress: Progress,
    router: Router,
    started: Instant,
    last_request: LastRequest,
    mut ending: watch::Receiver<bool>,
) {
    // Without it the kernel may delay a small answer; if it cannot be set, the answer still arrives.
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
