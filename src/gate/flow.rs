//! The flow of a gate for any layout of its chain: an inspection, a wait, and their consequences.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{GateError, Opened};
use crate::config::{Ahead, Patience};
use crate::connect::{Answer, ConnectError, Connector, Message, Session, Stage, Waiting, jittered, pause_beside};
use crate::execute::{Signal, Stop};
use crate::failure::{Coded, Failure};
use crate::history::{Look, Told};
use crate::lock::Judgement;
use crate::progress::{Phase, Progress};

/// The state of a database relative to its chain.
pub enum Stand {
    /// At head, or this many revisions ahead of it.
    Open {
        ahead: usize,
    },
    Behind {
        pending: usize,
    },
}

/// A refusal that waiting cannot change.
pub fn refused(error: impl Coded) -> Judgement {
    Judgement::Refused(Failure::from(error))
}

/// Connects, waiting by cause, and asks the initial question until waiting cannot change the answer.
///
/// # Errors
/// The end of the patience, a refusal, or an error of `while_away`, which is called after each failed attempt.
pub async fn look<L>(
    (patience, progress, connector): (Patience, &Progress, &Connector),
    connect: impl AsyncFn() -> Result<(Session, Option<Answer>), ConnectError>,
    while_away: impl Fn() -> Result<(), Failure>,
    judge: impl AsyncFn(&Session, Option<Answer>) -> Result<L, Judgement>,
) -> Result<(L, Session), Failure> {
    let mut waiting = Waiting::new(patience, progress.clone());
    loop {
        let (session, answer) = match waiting.attempt(connect(), connector).await {
            Ok(connected) => connected,
            Err(error) => {
                while_away()?;
                waiting.after(error).await?;
                continue;
            }
        };
        match judge(&session, answer).await {
            Ok(look) => {
                waiting.over();
                return Ok((look, session));
            }
            Err(Judgement::Refused(failure)) => {
                session.close().await;
                return Err(failure);
            }
            Err(Judgement::Wait(error)) => {
                session.close().await;
                waiting.after(error).await?;
            }
        }
    }
}

/// The answer to the short question, asked in full if a quick inspection is inconclusive.
pub async fn answered(session: &Session, quick: Option<Answer>, question: impl Fn(Look) -> Message<'static>) -> Answer {
    let ask = async |look| session.send(&question(look)).await.answer().await;
    let answer = match quick {
        Some(answer) => answer,
        None => ask(Look::Quick).await,
    };
    if Told::is_unclear(&answer) { ask(Look::Full).await } else { answer }
}

/// Repeats the question until the database is at head or ahead of it, within the patience for the database; returns the number of
/// revisions ahead.
///
/// # Errors
/// The deadline, a signal, or the error of a question.
pub async fn wait_for_head(
    patience: &Patience,
    progress: &Progress,
    stop: &Stop,
    look: impl AsyncFn(Patience) -> Result<Stand, Failure>,
) -> Result<usize, Failure> {
    let began = Instant::now();
    let deadline = began + patience.wait_timeout;
    let left = || deadline.saturating_duration_since(Instant::now());
    let stopped = |signal: Signal| Failure::from(GateError::Stopped("waiting", signal, None));
    let mut behind: Option<Instant> = None;
    loop {
        let patience = Patience { wait_timeout: left(), ..patience.clone() };
        let stand = tokio::select! {
            biased;
            stand = look(patience) => stand?,
            signal = stop.requested() => return Err(stopped(signal)),
        };
        let pending = match stand {
            Stand::Open { ahead } => return Ok(ahead),
            Stand::Behind { pending } => pending,
        };
        progress.enter(Phase::Waiting);
        let left = left();
        if left.is_zero() {
            return Err(GateError::NotAtHead { pending, waited: began.elapsed() }.into());
        }
        let since = *behind.get_or_insert_with(|| {
            tracing::info!(pending, "waiting for another run to bring the database to head");
            Instant::now()
        });
        let pause = jittered(pause_beside(since.elapsed())).min(left);
        if let Some(signal) = stop.within(pause).await {
            return Err(stopped(signal));
        }
    }
}

/// Checks that a database ahead of its chain may open.
///
/// # Errors
/// The policy forbids it.
pub fn accept(ahead: usize, policy: Ahead) -> Result<(), Failure> {
    if ahead > 0 {
        if policy == Ahead::Fail {
            return Err(GateError::Ahead(ahead).into());
        }
        tracing::warn!(ahead, "the database is ahead of this chain; opening, because LOCKGATE_AHEAD=allow");
    }
    Ok(())
}

/// Opens the gate.
pub fn open(progress: &Progress, applied: Vec<String>, ahead: usize) -> Opened {
    progress.update(|known| known.as_of = Some(SystemTime::now()));
    progress.metrics.succeeded(SystemTime::now());
    progress.enter(Phase::Open);
    Opened { applied, ahead }
}

/// The outcome of one check of an open gate.
#[derive(Debug)]
pub enum Observed {
    /// A start would open.
    Holds,
    /// The database answered, and a start would not open for this reason.
    Refused(Failure),
    /// The database could not be asked.
    Unanswered(Failure),
}

/// The limit for an answer: a server that accepts a session and stays silent is also away. The URL limits the connection.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// One check of an open gate, over a session for this question only: an idle session for each pod would use up the server's
/// slots.
pub async fn observe(
    connector: &Connector,
    policy: Ahead,
    ask: impl AsyncFnOnce(&Session) -> Result<Stand, Judgement>,
) -> Observed {
    let session = match connector.connect().await {
        Ok(session) => session,
        Err(error) => return Observed::Unanswered(error.into()),
    };
    let looked = tokio::time::timeout(ANSWER_WITHIN, ask(&session)).await;
    let address = session.address.clone();
    session.close().await;
    match looked {
        Err(_) => {
            let late = ConnectError::TimedOut { address, after: ANSWER_WITHIN, stage: Stage::Answer };
            Observed::Unanswered(late.into())
        }
        Ok(Err(Judgement::Wait(error))) => Observed::Unanswered(error.into()),
        Ok(Err(Judgement::Refused(failure))) => Observed::Refused(failure),
        Ok(Ok(Stand::Open { ahead })) if ahead > 0 && policy == Ahead::Fail => {
            Observed::Refused(GateError::Ahead(ahead).into())
        }
        Ok(Ok(Stand::Open { .. })) => Observed::Holds,
        Ok(Ok(Stand::Behind { pending })) => Observed::Refused(GateError::LeftHead(pending).into()),
    }
}

/// A signal outside of a revision: a running revision is stopped by its own execution, which reports its outcome.
pub async fn stopped_outside(stop: &Stop, progress: &Progress) -> Signal {
    let signal = stop.requested().await;
    // The sender lives as long as the progress, so the wait ends only with the phase.
    let _ = progress.subscribe().wait_for(|known| known.phase != Phase::Migrating).await;
    signal
}

/// The warnings about a repeatedly read history: each is logged once.
#[derive(Debug, Default)]
pub struct Said(Mutex<HashSet<String>>);

impl Said {
    pub fn warn_once(&self, warnings: &[String]) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings {
            if said.insert(warning.clone()) {
                tracing::warn!("{warning}");
            }
        }
    }
}
