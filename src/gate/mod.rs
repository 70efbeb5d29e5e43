//! One database from waiting to open: the flow, and nothing else.

mod adopt;
mod coexist;
mod error;
mod events;
mod first_contact;
pub mod flow;
mod inspect;
mod mixed;
mod model;
mod named;
mod observe;
mod preview;
mod restarts;
mod rows;
mod runner;
pub mod schema;
mod skipped;
mod stamp;
mod status;
mod under_lock;
mod verify;
mod watcher;

pub use adopt::{Adopted, Outcome, Theirs, Wanted, adopt, adoptable};
pub use error::GateError;
pub use flow::Observed;
pub use model::{Modelled, Standing, held_against_model, standing_of};
pub use preview::{Previewed, preview};
pub use runner::{Outside, Revision, Soon, Stage};
pub use stamp::{Stamped, stamp, stamp_order};
pub use status::{Glance, glance, glance_without_chain};
pub use watcher::wait_for_head;

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::assess::Right;
use crate::catalog::How;
use crate::chain::Chain;
use crate::config::{Config, HistoryTable, Patience};
use crate::connect::{Answer, ConnectError, Connector, Message, Observers, Session, session_settings};
use crate::execute::{self, Context, Ended, ExecuteError, Halt, Interruption, Signal, Stands, Stop, Table};
use crate::failure::Failure;
use crate::history::beside::Beside;
use crate::history::{self, Read, ServerState, Terms};
use crate::lock::{self, Ask, Held, Judged, LockKey, Round};
use crate::pg::name::QualifiedName;
use crate::plan::{self, Judging, Planned, Reading, Way};
use crate::progress::{Note, Phase, Progress};
use crate::source;
use flow::Said;
use inspect::Look;
use restarts::Setbacks;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Everything that a run on one database needs.
pub struct Gate {
    pub config: Config,
    pub chain: Chain,
    pub application: String,
    pub connector: Connector,
    pub observers: Observers,
    pub progress: Progress,
    pub stop: Stop,
    pub goal: Goal,
    /// True if skipped statements are also tried again at head.
    pub again: bool,
    /// True for read-only commands: a history without a trusted owner is only a warning.
    pub only_reads: bool,
    /// The first connection attempt, started while the chain was read.
    first: Mutex<Option<FirstAttempt>>,
    /// The place of the history when it was last read, if it is trusted.
    home: Mutex<Option<ServerState>>,
    /// The logged warnings about the history.
    said: Said,
    scripts: OnceLock<Option<Failure>>,
    /// The question for INVALID indexes.
    indexes: OnceLock<String>,
    /// The tool's history, as found under the lock.
    beside: Mutex<Option<Beside>>,
    /// The tool's own command, for its revisions of a compiled chain.
    pub outside: Option<Box<dyn Outside>>,
    /// The snapshot beside the chain.
    expected: schema::Expected,
}

/// A connection attempt in progress, with the initial question.
pub type FirstAttempt = JoinHandle<Result<Asked, ConnectError>>;

/// A session, and the answers to a question that was already asked.
pub struct Asked {
    session: Session,
    length: usize,
    answer: Answer,
}

/// Connects and asks while the chain is read: the question needs only the chain's length, which is known first.
pub fn first_attempt(connector: Connector, table: HistoryTable, length: oneshot::Receiver<usize>) -> FirstAttempt {
    tokio::spawn(async move {
        let session = connector.connect().await?;
        // An unreadable directory has no length: the run ends with that error.
        let length = length.await.unwrap_or(0);
        let question = history::inquiry(&table, history::Look::Quick, &[Read::Summary(length)], None);
        let answer = session.send(&question).await.answer().await;
        Ok(Asked { session, length, answer })
    })
}

/// The target of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    Head,
    /// Up to the revision of `TARGET`.
    Up(String),
    /// Back to the revision of `TARGET`.
    Down(String),
}

/// The facts that an open gate reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The ids of the revisions that this run applied or rolled back, in order.
    pub applied: Vec<String>,
    /// The number of revisions in the history after this chain's head.
    pub ahead: usize,
}

/// The outcome of the work under the lock.
enum Work {
    /// Another gate did it meanwhile.
    NothingLeft {
        ahead: usize,
    },
    Whole {
        applied: Vec<String>,
    },
    Interrupted {
        applied: Vec<String>,
        because: Interruption,
    },
    /// A compiled script found other rows than its program did: it was rolled back, and the program itself has to run.
    Unexpected {
        applied: Vec<String>,
        at: usize,
    },
}

impl Work {
    /// Adds the revisions that were applied before.
    fn behind(mut self, before: Vec<String>) -> Self {
        match &mut self {
            Self::NothingLeft { .. } => {}
            Self::Whole { applied } | Self::Interrupted { applied, .. } | Self::Unexpected { applied, .. } => {
                applied.splice(..0, before);
            }
        }
        self
    }
}

impl Gate {
    pub fn new(
        config: Config,
        chain: Chain,
        application: String,
        connector: Connector,
        first: FirstAttempt,
        progress: Progress,
        stop: Stop,
    ) -> Self {
        let observers = Observers::new(connector.clone());
        progress.update(|known| known.head = Some(chain.head().id.to_string()));
        let (first, scripts, indexes) = (Mutex::new(Some(first)), OnceLock::new(), OnceLock::new());
        let (goal, again, only_reads) = (Goal::Head, false, false);
        Self {
            config,
            chain,
            application,
            connector,
            observers,
            progress,
            stop,
            goal,
            again,
            only_reads,
            first,
            home: Mutex::default(),
            said: Said::default(),
            scripts,
            indexes,
            beside: Mutex::default(),
            outside: None,
            expected: schema::Expected::default(),
        }
    }

    /// Waits, locks, plans and migrates until the database is at the target. It can always be repeated safely.
    ///
    /// # Errors
    /// The one failure that keeps the gate closed.
    pub async fn run(&self) -> Result<Opened, Failure> {
        let result = tokio::select! {
            biased;
            result = self.passage() => result,
            signal = flow::stopped_outside(&self.stop, &self.progress) => Err(stopped(&self.progress, signal)),
        };
        let result = result.map_err(|failure| named::advised(failure, &self.chain, &self.config));
        self.leave(&result).await;
        result
    }

    async fn passage(&self) -> Result<Opened, Failure> {
        let mut applied = Vec::new();
        let mut setbacks = Setbacks::default();
        loop {
            let (look, session) = self.look().await?;
            let table = match look {
                Look::Open { ahead, history, .. } if self.again && !self.left_out().is_empty() => {
                    self.again_at_head(session, &history).await?;
                    return self.open(applied, ahead);
                }
                Look::Open { ahead, history, verified } => {
                    let checked = self.verify(&session, &history, ahead, verified).await;
                    if schema::is_lost(checked, &mut setbacks.breaks, &self.progress)? {
                        continue;
                    }
                    session.close().await;
                    return self.open(applied, ahead);
                }
                Look::Work { table, .. } => {
                    // A snapshot that cannot be compared is reported before anything runs.
                    self.expected()?;
                    table
                }
            };
            let work = match &self.config.chain.coexist {
                Some(_) => self.work_beside(session, &table.name).await?,
                None => self.work(session, &table).await?,
            };
            match work {
                // The next inspection finds head, and if it is verified.
                Work::NothingLeft { .. } if self.verifies() => {}
                Work::Whole { applied: ids } if self.verifies() => applied.extend(ids),
                Work::NothingLeft { ahead } => return self.open(applied, ahead),
                Work::Whole { applied: ids } => {
                    applied.extend(ids);
                    return self.open(applied, 0);
                }
                // This happens only if both histories are kept.
                Work::Unexpected { applied: ids, .. } => applied.extend(ids),
                Work::Interrupted { applied: ids, because } => {
                    let has_progress = !ids.is_empty();
                    applied.extend(ids);
                    setbacks.note(because.clone(), has_progress)?;
                    tracing::warn!("{because}; back to waiting, the history tells how far it got");
                    self.progress.enter(Phase::Waiting);
                }
            }
        }
    }

    /// The first attempt with its answers; later a new one.
    async fn connect(&self) -> Result<(Session, Option<Answer>), ConnectError> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(first) = first
            && let Ok(attempt) = first.await
        {
            return attempt.map(|asked| (asked.session, (asked.length == self.chain.len()).then_some(asked.answer)));
        }
        self.connector.connect().await.map(|session| (session, None))
    }

    /// Takes the lock, reads the history again under it, and applies the pending revisions.
    ///
    /// Scripts are read once the lock is ours, or while another gate has it and no connection is open: of a crowd that starts at
    /// once, none occupies the server while it reads. A waiting gate still reports a refused script at once.
    async fn work(&self, session: Session, before: &Table) -> Result<Work, Failure> {
        let history = &before.name;
        let mut read: Option<Vec<Reading>> = None;
        let question = self.question(&self.reads_under_lock(before));
        let judge = |answer: Answer| {
            let told = self.told(answer)?;
            Ok(match self.judge_under_lock(&told)? {
                Look::Open { ahead, .. } => Judged::Done(Work::NothingLeft { ahead }),
                Look::Work { table, .. } if table.name != *history => Judged::Done(moved(history, &table.name)),
                Look::Work { pending, table } => Judged::Work((pending, *table, told.terms())),
            })
        };
        let meanwhile = |(pending, ..): (Vec<usize>, Table, Terms)| {
            if read.is_none() {
                read = Some(plan::read_together(&self.chain, self.scripts_of(&pending)?)?);
            }
            Ok(())
        };
        let ask = self.ask(history);
        match lock::acquire(Some(session), &ask, &question, judge, meanwhile).await? {
            Round::Done(work) => Ok(work),
            Round::Held(held, (pending, table, terms)) => {
                self.progress.enter(Phase::Planning);
                // The observer connects while the scripts are read.
                let readings = async {
                    self.refuse_without_tool(&pending)?;
                    self.still_pending(read.take(), &pending)
                };
                let (patience, readings) = tokio::join!(self.make_ours(&held), readings);
                let done = match (patience, readings) {
                    (Err(shared), _) => Err(shared),
                    (Ok(_), Err(refused)) => Err(refused),
                    (Ok(patience), Ok(readings)) => {
                        self.judge_and_execute(&held, &patience, readings, table, &terms).await
                    }
                };
                held.release().await;
                done
            }
        }
    }

    /// The question under the lock: the server, the history's rows, and the conditions for writing to it.
    fn question(&self, reads: &[Read]) -> Message<'static> {
        let privileges: &[&str] = match self.goal {
            Goal::Head | Goal::Up(_) => &["SELECT", "INSERT", "UPDATE"],
            Goal::Down(_) => &["SELECT", "DELETE"],
        };
        history::inquiry(&self.config.chain.history_table, history::Look::Full, reads, Some(privileges))
    }

    fn ask<'a>(&'a self, history: &QualifiedName) -> Ask<'a> {
        Ask {
            connector: &self.connector,
            key: LockKey::of(history),
            patience: &self.config.patience,
            progress: &self.progress,
        }
    }

    /// Checks that the locked session is exclusive and sets it up. Returns the patience with the settings of the server's
    /// operator.
    async fn make_ours(&self, held: &Held) -> Result<Patience, Failure> {
        let patience = &self.config.patience;
        let settings = session_settings::settings(held.session().server, patience.statement_timeout);
        Ok(patience.under(held.make_ours(&self.observers, &settings).await?))
    }

    fn context<'a>(&'a self, patience: &'a Patience) -> Context<'a> {
        Context {
            commit_wait: self.config.policy.commit_wait,
            chain: &self.chain,
            application: &self.application,
            patience,
            progress: &self.progress,
            observers: &self.observers,
            stop: &self.stop,
            trusted_owners: &self.config.policy.trusted_owners,
            beside: self.beside(),
        }
    }

    /// The pending scripts, from those that were read before the lock if they contain all of them.
    fn still_pending(&self, read: Option<Vec<Reading>>, pending: &[usize]) -> Result<Vec<Reading>, Failure> {
        let mut readings = read.unwrap_or_default();
        readings.retain(|reading| pending.contains(&reading.at));
        if readings.len() == pending.len() {
            return Ok(readings);
        }
        Ok(plan::read_together(&self.chain, self.scripts_of(pending)?)?)
    }

    fn judging<'a>(
        &'a self,
        (applied, left_out): (&'a [usize], &'a [Note]),
        table: &Table,
        how: How,
        asks_data: bool,
    ) -> Judging<'a> {
        Judging {
            chain: &self.chain,
            applied,
            on_mismatch: self.config.policy.on_mismatch,
            // The first contact is not determined yet.
            on_destructive: self.config.policy.on_destructive,
            trusted_owners: &self.config.policy.trusted_owners,
            how,
            asks_data,
            asks_unless: asks_data,
            lock_timeout: self.config.patience.ddl_lock_timeout.value,
            check_data_timeout: self.config.patience.check_data_timeout,
            left_out,
            rights: &[],
            first: None,
            shows_contact: false,
            begun: table.begun.as_ref().map(|(at, begun)| (*at, begun.segments)),
            has_tool: self.outside.is_some(),
            proves_model: proves_model(),
        }
    }

    /// The scripts for the goal.
    fn scripts_of(&self, wanted: &[usize]) -> Result<Vec<(usize, Way)>, Failure> {
        if !matches!(self.goal, Goal::Down(_)) {
            return Ok(wanted.iter().map(|&at| (at, Way::Up)).collect());
        }
        let revisions = self.chain.revisions();
        let without: Vec<String> =
            wanted.iter().filter(|&&at| revisions[at].down.is_none()).map(|&at| revisions[at].file.clone()).collect();
        if !without.is_empty() {
            return Err(GateError::NoWayBack { files: without }.into());
        }
        let mut ways = Vec::with_capacity(wanted.len());
        for &at in wanted {
            let Some(down) = &revisions[at].down else { continue };
            let text = source::read_down(&self.config.chain.migrations, down)?;
            ways.push((at, Way::down(&down.file, text)));
        }
        Ok(ways)
    }

    async fn execute(&self, held: &Held, patience: &Patience, plan: &[Planned], table: Table) -> Result<Work, Failure> {
        let cx = self.context(patience);
        let ids = |count: usize| {
            plan[..count].iter().map(|planned| self.chain.revisions()[planned.at].id.to_string()).collect()
        };
        let ended = execute::run(held, plan, table, &cx).await;
        if matches!(&ended, Err(Halt { error: ExecuteError::Shared(_), .. })) {
            held.give_back_shared(&self.observers).await;
        }
        if let Err(Halt { error: ExecuteError::Unexpected(unexpected), .. }) = &ended
            && unexpected.is_compiled()
            && self.outside.is_some()
            && let Some(count) = plan.iter().position(|planned| planned.script(&self.chain).id == unexpected.revision())
        {
            tracing::warn!("{}; rolled back, and the tool itself runs {}", unexpected.told(), unexpected.revision());
            return Ok(Work::Unexpected { applied: ids(count), at: plan[count].at });
        }
        Ok(match ended? {
            Ended::Whole => Work::Whole { applied: ids(plan.len()) },
            Ended::Interrupted { because, committed } => Work::Interrupted { applied: ids(committed), because },
        })
    }

    fn open(&self, applied: Vec<String>, ahead: usize) -> Result<Opened, Failure> {
        flow::accept(ahead, self.config.policy.ahead)?;
        self.progress.update(|known| {
            if self.goal == Goal::Head && ahead == 0 {
                known.applied = self.chain.len();
                known.pending.clear();
                known.current.clone_from(&known.head);
            }
        });
        Ok(flow::open(&self.progress, applied, ahead))
    }

    /// Reads all scripts while the database is away, so a refused script is reported at once.
    fn check_scripts(&self) -> Result<(), Failure> {
        let refused = self.scripts.get_or_init(|| plan::check(&self.chain).err().map(Failure::from));
        refused.clone().map_or(Ok(()), Err)
    }
}

/// A signal outside of a revision, with the known state of the database.
pub fn stopped(progress: &Progress, signal: Signal) -> Failure {
    let (phase, stands) = progress.look(|known| {
        let stands = Stands::before(known.current.clone(), known.pending.clone());
        (known.phase.word(), (!known.pending.is_empty()).then_some(stands))
    });
    GateError::Stopped(phase, signal, stands).into()
}

/// The missing rights for writing the history.
fn own_rights(terms: &Terms) -> Vec<Right> {
    let right =
        |(what, next): &(String, String)| Right { what: what.clone(), next: next.clone(), needed_by: Vec::new() };
    terms.lacking.iter().map(right).collect()
}

/// Another session resolves the history's name differently: the lock is not the one that counts.
fn moved(from: &QualifiedName, to: &QualifiedName) -> Work {
    let because = format!("this connection finds the history at {to}, and the one before it at {from}");
    Work::Interrupted { applied: Vec::new(), because: because.into() }
}

/// The applied revisions that the readings do not apply again.
fn still_applied(readings: &[Reading], table: &Table) -> Vec<usize> {
    let is_pending = |at: &usize| readings.iter().any(|reading| reading.at == *at && reading.way == Way::Up);
    table.applied.iter().copied().filter(|at| !is_pending(at)).collect()
}

/// True if every run has to prove the model's statements: for proofs of the engine with a debug build.
fn proves_model() -> bool {
    cfg!(debug_assertions) && std::env::var_os("LOCKGATE_PROVE_MODEL").is_some()
}
