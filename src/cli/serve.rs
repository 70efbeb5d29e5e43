//! `lockgate serve`, and the listener that other commands open when they are asked to.

use std::net::SocketAddr;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::latch::Latch;
use super::live;
use super::run::{self, Finish};
use crate::config::{self, Config, Readiness};
use crate::failure::{Class, Exit, Failure};
use crate::gate::{Gate, Opened};
use crate::http;
use crate::progress::{Phase, Progress};
use crate::telemetry::metrics::Metrics;

pub fn run(config: Config) -> Result<Exit, Failure> {
    let progress = Progress::new(Metrics::new());
    run::block_on(true, async {
        let settings = config.clone();
        let address = settings.serve.listen.unwrap_or(config::DEFAULT_LISTEN);
        let server = listen(address, &progress)?;
        let result = serve(config, &settings, &progress).await;
        server.close().await;
        result.map(|()| Exit::Open)
    })
}

async fn serve(config: Config, settings: &Config, progress: &Progress) -> Result<(), Failure> {
    let finish = Finish::new(settings, progress);
    let (known, own) = (progress.clone(), settings.clone());
    let opened = run::stoppable(settings, progress, async move |stop| {
        let gate = run::gate(config, known, stop).await?;
        let opened = open(&gate, &own).await?;
        Ok((gate, opened))
    });
    let opened = opened.await;
    let gate = match opened {
        Ok((gate, Some(opened))) => {
            finish.say(&Ok(opened));
            gate
        }
        Ok((gate, None)) => gate,
        Err(failure) => {
            finish.say(&Err(failure.clone()));
            return Err(failure);
        }
    };
    if settings.serve.readiness == Readiness::Live {
        tokio::spawn(live::watch(gate.connector.clone(), progress.clone()));
    }
    let signal = gate.stop.requested().await;
    tracing::info!(?signal, "closing");
    progress.update(|known| known.stopping = true);
    Ok(())
}

/// Brings the database to head. Nothing is said of it where a signal came before an open gate had checked.
///
/// With a latch that is set the gate opens first, and a database that is away is no reason to end: what kept it from being reached is tried again until it is.
async fn open(gate: &Gate, settings: &Config) -> Result<Option<Opened>, Failure> {
    let latch = settings.serve.latch_file.clone().map(|file| Latch::new(file, &gate.chain, &settings.history_table));
    let was_open = latch.as_ref().is_some_and(Latch::is_set);
    if was_open {
        tracing::info!("opening at once: this chain was open before in this pod");
        gate.progress.enter(Phase::Open);
    }
    let opened = loop {
        match gate.run().await {
            Err(failure) if was_open && failure.class() == Class::Retry => tracing::warn!("{failure}; checking again"),
            Err(failure) if was_open && failure.class() == Class::Stopped => return Ok(None),
            result => break result?,
        }
    };
    if let Some(Err(error)) = latch.map(|latch| latch.set()) {
        tracing::warn!(%error, "the latch file cannot be written");
    }
    Ok(Some(opened))
}

/// A listener that answers until it is closed.
pub struct Server(Option<(oneshot::Sender<()>, JoinHandle<()>)>);

impl Server {
    /// Stops listening, lets answers in progress end, and frees the port.
    pub async fn close(self) {
        if let Some((close, serving)) = self.0 {
            // The server may have ended by itself.
            let _ = close.send(());
            let _ = serving.await;
        }
    }
}

/// Where `LOCKGATE_LISTEN` is set.
pub fn listen_if_asked(config: &Config, progress: &Progress) -> Result<Server, Failure> {
    match config.serve.listen {
        Some(address) => listen(address, progress),
        None => Ok(Server(None)),
    }
}

/// Binds before the database is touched.
pub fn listen(address: SocketAddr, progress: &Progress) -> Result<Server, Failure> {
    let listener = http::bind(address)?;
    let (close, closed) = oneshot::channel();
    let shutdown = async move {
        // A sender that is gone closes too.
        let _ = closed.await;
    };
    let serving = tokio::spawn(http::serve(listener, progress.clone(), shutdown));
    Ok(Server(Some((close, serving))))
}
