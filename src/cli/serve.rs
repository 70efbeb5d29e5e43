//! `lockgate serve`, and the listener that other commands open on request.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::chosen::Chosen;
use super::latch::Latch;
use super::run::{self, Finish};
use super::watch;
use crate::config::{self, Config, Readiness};
use crate::execute::Stop;
use crate::failure::{Exit, Failure};
use crate::gate::Opened;
use crate::http;
use crate::progress::{Phase, Progress};
use crate::telemetry::metrics::Metrics;

/// The default time for which a failed gate still answers: a scrape every 15 s sees it.
const LINGER: Duration = Duration::from_secs(30);

pub fn run(config: Config) -> Result<Exit, Failure> {
    let progress = Progress::new(Metrics::new());
    run::block_on(true, async {
        let settings = config.clone();
        let server = listen(settings.serve.listen.unwrap_or(config::DEFAULT_LISTEN), &progress)?;
        let stop = run::stop()?;
        let mut finish = Finish::new(&settings, &progress);
        finish.linger = settings.serve.linger.unwrap_or(LINGER);
        let ended = match serve(config, &finish, stop.clone()).await {
            Ok(()) => Ok(Exit::Open),
            Err(failure) => {
                finish.say(&Err(failure.clone()));
                finish.linger(failure, &stop).await
            }
        };
        server.close().await;
        ended
    })
}

/// Opens the gate, and keeps it open until a signal arrives.
async fn serve(config: Config, finish: &Finish<'_>, stop: Stop) -> Result<(), Failure> {
    let progress = finish.progress;
    let (settings, known) = (config.clone(), progress.clone());
    let opened = run::stoppable(&settings, progress, &stop, async move |stop| {
        let mut gate = run::gate(config, known, stop).await?;
        follow(&gate);
        let opened = open(&mut gate).await?;
        Ok((gate, opened))
    });
    if let (gate, Some(opened)) = opened.await? {
        finish.say(&Ok(opened));
        tokio::select! {
            biased;
            _ = gate.stop().requested() => {}
            never = watch::watch(&gate) => match never {},
            never = watch::watch_schema(&gate) => match never {},
        }
    }
    let signal = stop.arrived().map(|signal| signal.to_string());
    tracing::info!(signal, "closing");
    progress.update(|known| known.stopping = true);
    Ok(())
}

/// Makes readiness depend on the checks of an open gate, if `LOCKGATE_READINESS=live`.
pub fn follow(gate: &Chosen) {
    gate.progress().update(|known| known.is_live = gate.config().serve.readiness == Readiness::Live);
}

/// Brings the database to head. Returns none if a signal arrived before an open gate had checked.
///
/// With a latch that is set, the gate opens first, and its later checks do not end it.
async fn open(gate: &mut Chosen) -> Result<Option<Opened>, Failure> {
    let file = gate.config().serve.latch_file.clone();
    let latch = file.map(|file| Latch::new(file, &gate.digest(), &gate.config().chain.history_table));
    let opened = if latch.as_ref().is_some_and(Latch::is_set) {
        tracing::info!("opening at once: this chain was open before in this pod");
        gate.progress().enter(Phase::Open);
        let Some(opened) = watch::check(gate).await else { return Ok(None) };
        opened
    } else {
        gate.run().await?
    };
    if let Some(Err(error)) = latch.map(|latch| latch.set()) {
        tracing::warn!(%error, "the latch file cannot be written");
    }
    Ok(Some(opened))
}

/// A listener that answers until it is closed.
pub struct Server(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Server {
    /// True if a port is open.
    pub fn answers(&self) -> bool {
        self.0.is_some()
    }

    /// Stops listening, completes the answers in progress, and frees the port.
    pub async fn close(self) {
        if let Some((close, serving)) = self.0 {
            // The server may have ended already.
            let _ = close.send(());
            let _ = serving.await;
        }
    }
}

/// Listens if `LOCKGATE_LISTEN` is set.
pub fn listen_if_asked(config: &Config, progress: &Progress) -> Result<Server, Failure> {
    match config.serve.listen {
        Some(address) => listen(address, progress),
        None => Ok(Server(None)),
    }
}

/// Binds the port before the database is touched.
pub fn listen(address: SocketAddr, progress: &Progress) -> Result<Server, Failure> {
    let listener = http::bind(address)?;
    let (close, closed) = oneshot::channel();
    let shutdown = async move {
        // A dropped sender also closes the server.
        let _ = closed.await;
    };
    let serving = tokio::spawn(http::serve(listener, progress.clone(), shutdown));
    Ok(Server(Some((close, serving))))
}
