//! Waiting by cause: the patience for each, and the log messages about it.

use std::future::Future;
use std::time::{Duration, Instant};

use super::Connector;
use super::backoff::Pauses;
use super::error::{ConnectError, Worth};
use crate::config::Patience;
use crate::failure::{Coded, Failure};
use crate::pg::sqlstate::Refusal;
use crate::progress::{Phase, Progress};

/// The interval of the log message that the gate still waits for the same cause.
const SAY_AGAIN: Duration = Duration::from_secs(30);

/// The minimum time of an attempt: a wait that is about to end must not cut off a server that answers.
const LEAST_ATTEMPT: Duration = Duration::from_secs(2);

/// One wait for the database, from the first refusal until it accepts.
#[derive(Debug)]
pub struct Waiting {
    patience: Patience,
    progress: Progress,
    began: Option<Instant>,
    spell: Option<Spell>,
}

#[derive(Debug)]
struct Spell {
    began: Instant,
    /// The time up to which the wait is counted in the metrics.
    counted: Instant,
    refused_since: Option<Instant>,
    cause: String,
    said: Instant,
    pauses: Pauses,
}

/// Pauses of up to 1 s: within a second after the database is up every gate knows, and never all at once. A refusing port costs
/// the server nothing.
fn pauses() -> Pauses {
    Pauses::new(Duration::from_millis(100), Duration::from_secs(1))
}

impl Waiting {
    pub fn new(patience: Patience, progress: Progress) -> Self {
        Self { patience, progress, began: None, spell: None }
    }

    /// Ends the wait after the database accepted: the next refusal begins a new one.
    pub fn over(&mut self) {
        self.began = None;
        if let Some(mut spell) = self.spell.take() {
            self.progress.untroubled();
            self.progress.update(|known| known.waiting_for = None);
            let waited = spell.began.elapsed();
            self.progress.metrics.add_wait(spell.count());
            tracing::info!(seconds = waited.as_millis() as f64 / 1000.0, "the database is there");
        }
    }

    /// Makes one attempt, limited by the wait's patience: a silent peer must not outlast it.
    ///
    /// # Errors
    /// The error of the attempt.
    pub async fn attempt<T>(
        &mut self,
        attempt: impl Future<Output = Result<T, ConnectError>>,
        connector: &Connector,
    ) -> Result<T, ConnectError> {
        let began = *self.began.get_or_insert_with(Instant::now);
        let left = self.patience.wait_timeout.saturating_sub(began.elapsed()).max(LEAST_ATTEMPT);
        let cut = || ConnectError::TimedOut { address: connector.describe(), after: left, stage: connector.stage() };
        tokio::time::timeout(left, attempt).await.unwrap_or_else(|_| Err(cut()))
    }

    /// Pauses after a refused attempt.
    ///
    /// # Errors
    /// The refusal, if its patience is used up.
    pub async fn after(&mut self, error: ConnectError) -> Result<(), Failure> {
        let now = Instant::now();
        let cause = error.words();
        let began = *self.began.get_or_insert(now);
        let spell = self.spell.get_or_insert_with(|| Spell {
            began,
            counted: began,
            refused_since: None,
            cause: String::new(),
            said: now,
            pauses: pauses(),
        });
        let left = spell.left(&self.patience, error.worth(), now);
        let Some(left) = left.filter(|left| !left.is_zero()) else {
            let waited = spell.began.elapsed();
            self.progress.metrics.add_wait(spell.count());
            return Err(error.give_up(waited));
        };
        spell.say(&error, cause, left, now);
        self.progress.enter(Phase::Waiting);
        self.progress.update(|known| known.waiting_for = Some(spell.cause.clone()));
        if self.progress.phase() == Phase::Open {
            self.progress.troubled(Failure::of(&error));
        }
        let full = matches!(&error, ConnectError::Refused { refusal: Refusal::Full, .. });
        let pause = spell.pauses.grow();
        // A full server should not be asked often.
        let pause = if full { pause * 2 } else { pause };
        tokio::time::sleep(pause.min(left)).await;
        self.progress.metrics.add_wait(spell.count());
        Ok(())
    }
}

impl Spell {
    /// The time since the last count.
    fn count(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.counted, now)
    }

    /// The remaining patience for a cause; none if waiting does not help.
    fn left(&mut self, patience: &Patience, worth: Worth, now: Instant) -> Option<Duration> {
        let in_all = patience.wait_timeout.saturating_sub(now - self.began);
        match worth {
            Worth::Nothing => None,
            Worth::Waiting => {
                self.refused_since = None;
                Some(in_all)
            }
            Worth::AuthRetry => {
                let since = *self.refused_since.get_or_insert(now);
                Some(patience.auth_retry_for.saturating_sub(now - since).min(in_all))
            }
        }
    }

    fn say(&mut self, error: &ConnectError, cause: String, left: Duration, now: Instant) {
        let changed = self.cause != cause;
        if !changed && now - self.said < SAY_AGAIN {
            return;
        }
        self.said = now;
        let code = error.code();
        let (waited, left) = ((now - self.began).as_secs(), left.as_secs_f32().ceil());
        if error.worth() == Worth::AuthRetry {
            tracing::error!(%code, waited, "{cause}; trying again for {left} s");
        } else if changed {
            tracing::warn!(%code, waited, "waiting for the database: {cause}");
        } else {
            tracing::warn!(%code, waited, "still waiting for the database: {cause}; giving up in {left} s");
        }
        self.cause = cause;
    }
}
