//! SIGTERM and SIGINT: the running statement is cancelled on the server, and its real outcome is reported.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;

use crate::connect::Canceller;
use crate::failure::Code;

/// The signal that asked the gate to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Terminate,
    Interrupt,
}

impl Signal {
    /// The code of a run that it ends.
    pub fn code(self) -> Code {
        match self {
            Self::Terminate => Code::TERMINATED,
            Self::Interrupt => Code::INTERRUPTED,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminate => "SIGTERM",
            Self::Interrupt => "SIGINT",
        })
    }
}

/// A handle that shows if a signal has arrived. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Option<Signal>>);

/// The interval of repeated cancel requests: one that meets no running statement is lost.
const AGAIN: Duration = Duration::from_millis(250);

impl Stop {
    pub fn new(receiver: watch::Receiver<Option<Signal>>) -> Self {
        Self(receiver)
    }

    /// Waits for a signal, for ever if none comes.
    pub async fn requested(&self) -> Signal {
        let mut receiver = self.0.clone();
        match receiver.wait_for(Option::is_some).await {
            Ok(signal) => signal.unwrap_or(Signal::Terminate),
            Err(_) => std::future::pending().await,
        }
    }

    /// The signal that has arrived, if any.
    pub fn arrived(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// The signal that arrives within a time, if any.
    pub async fn within(&self, time: Duration) -> Option<Signal> {
        tokio::time::timeout(time, self.requested()).await.ok()
    }

    /// Awaits work on the server. When a signal arrives, the running statement is cancelled, repeatedly, until the work has
    /// answered or the grace period is nearly over.
    ///
    /// # Errors
    /// The signal, unless the work was completed nevertheless.
    pub async fn cancelling<T, E>(
        &self,
        canceller: &Canceller,
        grace: Duration,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Signal> {
        tokio::pin!(work);
        let signal = tokio::select! {
            biased;
            result = &mut work => return Ok(result),
            signal = self.requested() => signal,
        };
        tracing::info!("stopping: cancelling the running statement");
        let cancel = async {
            loop {
                if let Err(error) = canceller.cancel().await {
                    tracing::debug!(%error, "the cancel request could not be sent");
                }
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::select! {
            biased;
            // It completed nevertheless, if the commit was faster than the signal.
            result = &mut work => result.map(Ok).map_err(|_| signal),
            () = cancel => Err(signal),
            () = tokio::time::sleep(grace.mul_f32(0.8)) => Err(signal),
        }
    }
}
