//! The advisory lock: polled, never waited for inside the server, and held in the working session.

mod holder;
mod key;
mod pooler;
mod queue;

pub use holder::Holder;
pub use key::LockKey;

use std::time::{Duration, Instant};

use queue::{Crowd, STAY};

use crate::connect::{Answer as Answered, ConnectError, Connector, Message, Session, SessionError, Waiting};
use crate::failure::{Code, Coded, Failure};
use crate::progress::{Phase, Progress};

/// A session that holds the lock: the only access to a session that may write. If the connection dies, both end.
#[derive(Debug)]
pub struct Held {
    session: Session,
    backend: i32,
    key: LockKey,
    /// A `SELECT` that fails on any backend other than the one that holds the lock.
    guard: String,
}

impl Held {
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The server process that holds the lock.
    pub fn backend(&self) -> i32 {
        self.backend
    }

    /// A statement that fails with `division_by_zero` (22012) on any other backend, to which a transaction pooler may have moved
    /// us.
    pub fn guard(&self) -> &str {
        &self.guard
    }

    /// Ends the session, and the lock with it.
    pub async fn release(self) {
        self.session.close().await;
    }
}

/// SQLSTATE of [`Held::guard`] on another backend.
pub const GUARD_SQLSTATE: &str = "22012";

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another gate holds the lock")]
    HeldByAnother { holder: Option<String>, waited: Duration },
    #[error("the connection to {address} does not keep one server session")]
    SharedSession { address: String, evidence: &'static str },
}

impl Coded for LockError {
    fn code(&self) -> Code {
        match self {
            Self::HeldByAnother { .. } => Code::LOCK_HELD,
            Self::SharedSession { .. } => Code::SHARED_SESSION,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::HeldByAnother { holder, waited } => {
                let holder = holder.clone().unwrap_or_else(|| "the holder could not be named".to_owned());
                vec![holder, format!("waited {} s", waited.as_secs())]
            }
            Self::SharedSession { evidence, .. } => vec![(*evidence).to_owned()],
        }
    }
}

/// The answer to the lock query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// This backend holds the key already, but not through us.
    HeldBefore,
    Won {
        backend: i32,
    },
    Busy(Busy),
}

/// Another session holds the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Busy {
    /// The backend that holds it; none if it has just released it.
    holder: Option<i32>,
    /// The number of sessions of this database with a gate's name, including this one.
    gates: usize,
}

fn answer(rows: &[crate::connect::Row]) -> Option<Answer> {
    let row = rows.first()?;
    let word = row.first()?.as_deref()?;
    let backend = row.get(1)?.as_deref()?.parse().ok()?;
    match word {
        "before" => Some(Answer::HeldBefore),
        "won" => Some(Answer::Won { backend }),
        word => {
            let (gates, holder) = word.strip_prefix("busy ")?.split_once(' ')?;
            Some(Answer::Busy(Busy { holder: holder.parse().ok(), gates: gates.parse().ok()? }))
        }
    }
}

/// The outcome of a round.
pub enum Round<D, W> {
    /// There is nothing to lock for: the work is done already.
    Done(D),
    /// The lock is ours, with the other answers of the same round trip.
    Held(Box<Held>, W),
}

/// Polls the lock until it is ours, or until `judge` reports that nothing is left to do.
///
/// Every round is one round trip: the lock query and `question` together. Between the rounds no connection is open. `judge` reads
/// the answer to `question` and decides if the work is done (`Ok(Done)`), still to do, or impossible. `meanwhile` receives the
/// work of the other gate, after the connection is closed.
///
/// # Errors
/// The deadline, a shared session, or a refusal by `judge` or `meanwhile`.
pub async fn acquire<D, W>(
    first: Option<Session>,
    ask: &Ask<'_>,
    question: &Message<'_>,
    mut judge: impl FnMut(Answered) -> Result<Judged<D, W>, Judgement>,
    mut meanwhile: impl FnMut(W) -> Result<(), Failure>,
) -> Result<Round<D, W>, Failure> {
    let mut waiting = Waiting::new(ask.patience.clone(), ask.progress.clone());
    let mut queue = Queue::new(ask);
    let mut session = first;
    loop {
        let current = match session.take() {
            Some(session) => session,
            None => match waiting.attempt(ask.connector.connect(), ask.connector).await {
                Ok(session) => session,
                Err(error) => {
                    waiting.after(error).await?;
                    continue;
                }
            },
        };
        ask.progress.enter(Phase::Locking);
        let (answered, rest) = match ask_once(&current, ask.key, question).await {
            Ok(answers) => answers,
            Err(source) => {
                waiting.after(ConnectError::unanswered(current.address.clone(), source)).await?;
                continue;
            }
        };
        waiting.over();
        match (judge(rest), answered) {
            (Err(Judgement::Refused(failure)), _) => {
                leave(current, answered, ask.key).await;
                return Err(failure);
            }
            (Err(Judgement::Wait(error)), _) => {
                leave(current, answered, ask.key).await;
                waiting.after(error).await?;
            }
            (Ok(Judged::Done(done)), _) => {
                leave(current, answered, ask.key).await;
                queue.left();
                return Ok(Round::Done(done));
            }
            (Ok(Judged::Work(_)), Answer::HeldBefore) => {
                let address = current.address.clone();
                current.close().await;
                return Err(LockError::SharedSession { address, evidence: HELD_BEFORE }.into());
            }
            (Ok(Judged::Work(work)), Answer::Won { backend }) => {
                queue.left();
                let guard = format!(
                    "SELECT 1 OPERATOR(pg_catalog./) (pg_catalog.pg_backend_pid() OPERATOR(pg_catalog.=) {backend})::pg_catalog.int4"
                );
                current.take_any_row();
                return Ok(Round::Held(Box::new(Held { session: current, backend, key: ask.key, guard }), work));
            }
            (Ok(Judged::Work(work)), Answer::Busy(busy)) => {
                queue.meet(current, busy).await;
                meanwhile(work)?;
                queue.wait().await?;
            }
        }
    }
}

const HELD_BEFORE: &str = "its backend held the lock before it was asked for: a transaction pooler's session, or a lock that \
                           one left behind";

/// Ends a session that is not needed. Behind a transaction pooler its server session lives on, so a lock that was taken is
/// released first.
async fn leave(session: Session, answered: Answer, key: LockKey) {
    if let Answer::Won { backend } = answered {
        // Closing also releases the lock if the session is exclusive.
        let _ = session.ask(&[Message::own(key.release(backend))]).await;
    }
    session.close().await;
}

/// The parameters of [`acquire`].
pub struct Ask<'a> {
    pub connector: &'a Connector,
    pub key: LockKey,
    pub patience: &'a crate::config::Patience,
    pub progress: &'a Progress,
}

/// The meaning of the answers beside the lock.
pub enum Judged<D, W> {
    Done(D),
    Work(W),
}

/// The reason why the answers are unusable.
pub enum Judgement {
    Refused(Failure),
    /// Not now: a standby, or a server that shuts down.
    Wait(ConnectError),
}

impl From<Judgement> for Failure {
    fn from(judgement: Judgement) -> Self {
        match judgement {
            Judgement::Refused(failure) => failure,
            Judgement::Wait(error) => error.into(),
        }
    }
}

async fn ask_once(session: &Session, key: LockKey, question: &Message<'_>) -> Result<(Answer, Answered), SessionError> {
    let missing = || SessionError::Lost("the lock question was not answered".to_owned());
    let mut answers = session.answers(&[Message::own(key.question()), question.clone()]).await.into_iter();
    let (lock, rest) = (answers.next().ok_or_else(missing)?, answers.next().ok_or_else(missing)?);
    let answer = answer(&lock.rows()?).ok_or_else(missing)?;
    Ok((answer, rest))
}

/// The wait for another gate to finish.
struct Queue<'a> {
    ask: &'a Ask<'a>,
    began: Option<Instant>,
    /// The time up to which the wait is counted in the metrics.
    counted: Instant,
    said: Option<Instant>,
    holder: Option<String>,
    /// The backend that holds the lock, and the time since which that is known. A server session may be older than its lock.
    held: Option<(Option<i32>, Instant)>,
    crowd: Crowd,
    /// The time of this waiter's last poll.
    met: Option<Instant>,
    /// True if the patience was used up when the holder was named.
    is_over: bool,
}

const SAY_AGAIN: Duration = Duration::from_secs(30);

impl<'a> Queue<'a> {
    fn new(ask: &'a Ask<'a>) -> Self {
        let counted = Instant::now();
        let crowd = Crowd::default();
        Self { ask, began: None, counted, said: None, holder: None, held: None, crowd, met: None, is_over: false }
    }

    /// Inspects the situation over the connection that found the lock held, and ends it: waiters open no second connection for
    /// this. A first-time waiter does not show itself: a crowd that starts at once is to leave at once.
    async fn meet(&mut self, session: Session, busy: Busy) {
        let now = Instant::now();
        let first = self.began.is_none();
        if first {
            (self.began, self.counted) = (Some(now), now);
        }
        if self.held.is_none_or(|(known, _)| known != busy.holder) {
            self.held = Some((busy.holder, now));
        }
        let met = if first { None } else { self.show(&session).await };
        self.name_holder(&session).await;
        if let Some((others, since)) = met {
            tokio::time::sleep_until((since + STAY).into()).await;
            self.crowd.met(others, since.elapsed(), now - self.met.unwrap_or(now));
            // Not waited for: the server ends the transaction with the session too.
            let _ = session.send(&Message::control("COMMIT")).await;
        } else if first {
            // Without this one and the one that holds the lock.
            self.crowd.began(busy.gates.saturating_sub(2));
        }
        self.met = Some(now);
        session.close().await;
    }

    /// Shows this waiter to the others; returns the number of visible ones, and the time since which this one is visible.
    async fn show(&self, session: &Session) -> Option<(usize, Instant)> {
        let rows = session.ask(&[Message::control(self.ask.key.presence())]).await.pop()?.ok()?;
        let others = rows.first()?.get(1)?.as_deref()?.parse().ok()?;
        Some((others, Instant::now()))
    }

    /// Names the holder. A crowd that starts at once meets a short lock, so brief waiters do not ask.
    async fn name_holder(&mut self, session: &Session) {
        let waited = self.began.get_or_insert_with(Instant::now).elapsed();
        let last_time = waited >= self.ask.patience.lock_wait;
        self.is_over = last_time;
        let due = waited > Duration::from_secs(1) && self.said.is_none_or(|said| said.elapsed() > SAY_AGAIN);
        if !last_time && !due {
            return;
        }
        if let Some(holder) = holder::ask(self.ask, session).await {
            self.holder = Some(holder);
        }
        if due && !last_time {
            self.said = Some(Instant::now());
            let holder = self.holder.as_deref().unwrap_or("another gate");
            tracing::info!(waited = waited.as_secs(), "waiting for the lock: {holder}");
        }
    }

    /// Pauses for a fraction of the time for which the lock is known to be held, or for as long as the crowd needs.
    async fn wait(&mut self) -> Result<(), Failure> {
        let now = Instant::now();
        let began = *self.began.get_or_insert(now);
        let left = self.ask.patience.lock_wait.saturating_sub(now - began);
        if self.is_over {
            self.count();
            return Err(LockError::HeldByAnother { holder: self.holder.take(), waited: began.elapsed() }.into());
        }
        let held = self.held.map_or(Duration::ZERO, |(_, since)| now - since);
        let pause = self.crowd.next_pause(held).min(left);
        let seconds = |time: Duration| time.as_millis() as f64 / 1000.0;
        tracing::debug!(pause = seconds(pause), held = seconds(held), "the lock is held: a pause, then another look");
        tokio::time::sleep(pause).await;
        self.count();
        Ok(())
    }

    /// Brings the metrics up to date.
    fn count(&mut self) {
        let now = Instant::now();
        self.ask.progress.metrics.add_lock_wait(now - std::mem::replace(&mut self.counted, now));
    }

    /// Ends the wait: the lock is ours, or the work is done.
    fn left(&mut self) {
        if self.began.take().is_some() {
            self.count();
        }
        self.ask.progress.update(|known| known.lock_holder = None);
    }
}
