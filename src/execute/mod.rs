//! Executes a plan: one transaction per revision, as one pipeline, with one budget for locks, retried while others block it; in
//! segments if a statement cannot run in a transaction.

mod activity;
mod budget;
mod error;
mod explain;
mod framing;
mod halt;
mod interruption;
mod joined;
mod locks;
mod message;
mod non_transactional;
mod pipeline;
mod prepared;
mod quiet;
mod recovery;
mod report;
mod retry;
mod segmented;
mod send_limit;
mod several;
mod shown;
mod skipped;
mod stamp;
mod stop;
mod unexpected;
mod watch;
mod window;

pub use error::ExecuteError;
pub use halt::{Halt, Stands};
pub use interruption::Interruption;
pub use skipped::again;
pub use stamp::{Unrun, stamp};
pub use stop::{Signal, Stop};

use std::borrow::Cow;
use std::time::{Duration, Instant};

use crate::chain::status::Begun;
use crate::chain::{Chain, Rows};
use crate::config::{CommitWait, Patience};
use crate::connect::{Message, Observers, ServerError, session_settings};
use crate::history::beside::Beside;
use crate::history::{self, ServerState};
use crate::lock::Held;
use crate::pg::name::QualifiedName;
use crate::plan::{Named, Planned, Segment, Way};
use crate::progress::{Phase, Progress};
use halt::Half;
use message::Part;
use pipeline::{Frame, Landing, Link, Pipeline};
use window::Manners;

/// The parameters of an execution besides the plan.
pub struct Context<'a> {
    pub chain: &'a Chain,
    pub application: &'a str,
    pub patience: &'a Patience,
    pub commit_wait: CommitWait,
    pub progress: &'a Progress,
    pub observers: &'a Observers,
    pub stop: &'a Stop,
    /// Additional trusted roles.
    pub trusted_owners: &'a [String],
    /// The history of the tool that created the chain, if it is kept beside ours.
    pub beside: Option<Beside>,
}

/// The state of the history before the next write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    Nothing,
    Schema,
    /// Inspected, and only trusted roles can change it.
    Table,
    /// Others may put a trigger on it: it is inspected again before each write.
    Watched,
}

impl There {
    /// The state after a run that wrote, if it was not inspected.
    #[must_use]
    pub fn once_written(self) -> Self {
        match self {
            Self::Nothing | Self::Schema => Self::Watched,
            there => there,
        }
    }

    fn of(state: &ServerState) -> Self {
        match (&state.looked, state.schema_is_there) {
            (Some(looked), _) if looked.has_setters() => Self::Watched,
            (Some(_), _) => Self::Table,
            (None, true) => Self::Schema,
            (None, false) => Self::Nothing,
        }
    }
}

/// The place of the history before the first write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: QualifiedName,
    /// The session's role.
    pub role: String,
    pub there: There,
    /// The begun revision, by its index in the chain.
    pub begun: Option<(usize, Begun)>,
    /// The recorded revisions, by their indexes in the chain, in order.
    pub applied: Vec<usize>,
    /// The depth of its deepest row; 0 if it is empty.
    pub deepest: usize,
}

impl Table {
    /// Derives it from the rows of the history.
    pub fn of<'r>(chain: &Chain, rows: impl Into<Rows<'r>>, state: &ServerState) -> Self {
        let rows = rows.into();
        Self {
            name: state.history.clone(),
            role: state.role.clone(),
            there: There::of(state),
            begun: rows.begun(chain),
            applied: rows.indexes(chain),
            deepest: rows.deepest(),
        }
    }
}

/// True if rows may exist at a revision's depth or deeper: then it is late.
fn has_to_shift(deepest: usize, planned: &Planned) -> bool {
    deepest >= planned.depth()
}

/// The end of an execution without an error.
#[derive(Debug)]
pub enum Ended {
    /// Everything in the plan is committed.
    Whole,
    /// The session is gone, or the server accepts no writes any more: the run waits again, and the history shows its progress.
    Interrupted { because: Interruption, committed: usize },
}

/// The locked session at work.
struct Worker<'a> {
    held: &'a Held,
    cx: &'a Context<'a>,
    /// lockgate's own SETs.
    settings: String,
    /// True if the session has them already.
    is_set_up: bool,
    table: Table,
    /// The number of committed segments of the revision in progress; none if only the catalog can tell about the next.
    reached: Option<usize>,
    /// Revisions whose commit no synchronous standby has confirmed.
    unconfirmed: Vec<String>,
    /// The plan, and the revisions that are applied before its first one.
    plan: &'a [Planned],
    before: Vec<usize>,
    /// Committed revisions that a crash of the server may still undo, with their durations.
    untold: Vec<(&'a Planned, Duration)>,
    /// Known if it was read after the last revision and nothing has run since.
    manners: Option<Manners>,
}

/// Executes a plan in order.
///
/// # Errors
/// The error that keeps a revision from being committed. The revisions before it are committed and recorded.
pub async fn run<'a>(held: &'a Held, plan: &'a [Planned], table: Table, cx: &'a Context<'_>) -> Result<Ended, Halt> {
    cx.progress.enter(Phase::Migrating);
    let _watch = watch::Watch::start(cx, held.backend(), held.session().server);
    let mut worker = Worker::new(held, cx, table, plan);
    let mut committed = 0;
    while committed < plan.len() {
        let began = Instant::now();
        let mut landing = if window::opens(&worker, &plan[committed..]) {
            let landing;
            (committed, landing) = window::fly(&mut worker, plan, committed).await;
            if matches!(landing, Ok(Landing::Committed)) {
                continue;
            }
            landing
        } else {
            worker.begin(&plan[committed]).await
        };
        let mut planned = Cow::Borrowed(&plan[committed]);
        loop {
            match landing.map_err(|error| worker.halt(error, plan, committed))? {
                Landing::Committed => break,
                Landing::Interrupted(because) => {
                    return Ok(Ended::Interrupted { because, committed: committed - worker.untold.len() });
                }
                Landing::Without { step, reason } => planned = Cow::Owned(planned.without(step, reason)),
            }
            landing = worker.begin(&planned).await;
        }
        worker.committed(&planned, began.elapsed());
        committed += 1;
    }
    Ok(Ended::Whole)
}

impl<'a> Worker<'a> {
    fn new(held: &'a Held, cx: &'a Context<'a>, table: Table, plan: &'a [Planned]) -> Self {
        let begun = table.begun.as_ref().filter(|(_, begun)| !begun.down).map(|(at, _)| *at);
        let before = table.applied.iter().copied().filter(|at| Some(*at) != begun).collect();
        let settings = session_settings::settings(held.session().server, cx.patience.statement_timeout);
        Self {
            held,
            cx,
            settings,
            is_set_up: false,
            table,
            reached: Some(0),
            plan,
            before,
            unconfirmed: Vec::new(),
            untold: Vec::new(),
            manners: None,
        }
    }

    /// Executes a revision, unless a signal has come: then it is not begun.
    async fn begin(&mut self, planned: &Planned) -> Result<Landing, ExecuteError> {
        self.reached = Some(0);
        match self.cx.stop.arrived() {
            Some(signal) => Err(ExecuteError::stopped_before(self.script(planned).id, signal)),
            None => self.revision(planned).await,
        }
    }

    /// The reason why a plan is not executed, with the resulting state.
    fn halt(&self, error: ExecuteError, plan: &[Planned], committed: usize) -> Halt {
        let id = |at: usize| self.cx.chain.revisions()[at].id.to_string();
        let planned = &plan[committed];
        let not_begun = &plan[committed + usize::from(!error.is_before_its_revision())..];
        let not_begun = not_begun.iter().map(|planned| id(planned.at)).collect();
        let current = match planned.way {
            Way::Up => {
                let done = plan[..committed].iter().map(|planned| planned.at);
                self.table.applied.iter().copied().filter(|&at| at != planned.at).chain(done).max()
            }
            Way::Down(_) => Some(planned.at),
        };
        let half = match self.reached {
            _ if !error.leaves_what_is_recorded() => Half::Untold,
            None => Half::Untold,
            Some(0) => Half::Nothing(id(planned.at)),
            Some(segments) => Half::Committed {
                revision: id(planned.at),
                statements: planned.statements_of(planned.segments[..segments].last().map_or(0, |it| it.range().end)),
                of: planned.statements(),
            },
        };
        let half = if planned.way == Way::Up || self.reached != Some(0) { half } else { Half::Untold };
        let running = self.cx.progress.look(|known| known.running.clone());
        Halt {
            waited_for: running.and_then(|running| running.waits_for).filter(|_| error.is_of_a_wait()),
            stands: (error.is_of_a_revision() && self.untold.is_empty())
                .then(|| Stands::before(current.map(id), not_begun).within(half, self.unconfirmed.clone())),
            error,
        }
    }

    async fn revision(&mut self, planned: &Planned) -> Result<Landing, ExecuteError> {
        let begun = self.table.begun.take_if(|(at, _)| *at == planned.at).map(|(_, begun)| begun);
        match (planned.segments.as_slice(), begun) {
            ([Segment::Together(range)], None) => {
                let record = self.record(planned, None);
                self.fly(planned, range.clone(), &[], record, true).await
            }
            (_, begun) => segmented::run(self, planned, begun).await,
        }
    }

    /// Runs some statements of a revision with a row of the history in one transaction.
    async fn fly(
        &mut self,
        planned: &Planned,
        range: std::ops::Range<usize>,
        prelude: &[&str],
        record: String,
        is_done: bool,
    ) -> Result<Landing, ExecuteError> {
        let guard = self.guard(planned);
        let frame = Frame { guard, prelude, record, is_done, ran: None, link: Link::default() };
        let pipeline = Pipeline::new(self, planned, range, frame);
        self.land(&pipeline).await
    }

    /// Records that a statement ran outside a transaction.
    async fn settle(
        &mut self,
        planned: &Planned,
        step: usize,
        record: String,
        is_done: bool,
    ) -> Result<Landing, ExecuteError> {
        let guard = self.guard(planned);
        let frame = Frame { guard, prelude: &[], record, is_done, ran: Some(step), link: Link::default() };
        let pipeline = Pipeline::new(self, planned, 0..0, frame);
        self.land(&pipeline).await
    }

    async fn land(&mut self, pipeline: &Pipeline<'_>) -> Result<Landing, ExecuteError> {
        self.manners = None;
        let landing = retry::until_landed(self, pipeline, None).await?;
        self.over(pipeline);
        if matches!(landing, Landing::Committed) {
            self.is_set_up = true;
            self.table.there = self.made().await;
        }
        Ok(landing)
    }

    /// Completes a pipeline, successful or not.
    fn over(&mut self, pipeline: &Pipeline<'_>) {
        pipeline.say_more_notices();
        if pipeline.is_unconfirmed() {
            self.unconfirmed.push(pipeline.script().id.to_owned());
            self.unconfirmed.dedup();
        }
    }

    /// Ends a refused transaction, and waits until earlier commits may be reported.
    async fn roll_back(&mut self) {
        let session = self.held.session();
        // The guard has passed, so the session is ours: the SETs also hold through a pause, in which a role's
        // idle_session_timeout would end it.
        let mut messages = vec![framing::ROLLBACK.to_owned(), self.settings.clone()];
        let last = self.untold.last().map(|(planned, _)| self.script(planned).id);
        messages.extend(last.map(|id| history::touch(&self.table.name, id)));
        let messages: Vec<Message<'_>> = messages.into_iter().map(Message::control).collect();
        let answers = session.ask(&messages).await;
        if answers.last().is_some_and(Result::is_ok) {
            let (notices, _) = session.notices(u64::MAX);
            self.tell(notices.iter().any(pipeline::is_unconfirmed));
        }
    }

    /// The same, but a signal ends the wait for a standby, which may last for ever.
    async fn roll_back_or_stop(&mut self) {
        let (canceller, cx) = (self.held.session().canceller(), self.cx);
        let work = async {
            self.roll_back().await;
            Ok::<_, ()>(())
        };
        let _ = cx.stop.cancelling(&canceller, cx.patience.grace, work).await;
    }

    /// Reports the revisions whose commits are durable.
    fn tell(&mut self, is_unconfirmed: bool) {
        for (planned, took) in std::mem::take(&mut self.untold) {
            if is_unconfirmed {
                self.unconfirmed.push(self.script(planned).id.to_owned());
            }
            self.committed(planned, took);
        }
        self.unconfirmed.dedup();
    }

    /// Records that a revision is completely committed.
    fn committed(&mut self, planned: &Planned, took: Duration) {
        self.table.deepest = deepest_after(self.table.deepest, planned);
        report::say(planned, self.cx, took);
    }

    /// The table after a write: it has the default privileges (ALTER DEFAULT PRIVILEGES) of new tables.
    /// Reads the manners for the next revisions in the same round trip.
    async fn made(&mut self) -> There {
        match self.table.there {
            There::Table | There::Watched => self.table.there,
            There::Nothing | There::Schema => {
                let questions = [history::setters(&self.table.name), Manners::question(self)];
                let answers = self.held.session().ask(&questions).await;
                let mut answers = answers.into_iter().map(Result::unwrap_or_default);
                let setters = answers.next().unwrap_or_default();
                self.manners = answers.next().map(|rows| Manners::of(&rows));
                if setters.is_empty() { There::Table } else { There::Watched }
            }
        }
    }

    fn record(&self, planned: &Planned, begun: Option<&Begun>) -> String {
        self.record_beside(planned, begun, has_to_shift(self.table.deepest, planned))
    }

    /// [`Self::record_beside`] by the session's prepared statement.
    fn record_prepared(&self, planned: &Planned) -> String {
        let verdicts = planned.verdicts(self.cx.chain).to_string();
        history::record_prepared(&self.entry(planned, None, false, &verdicts))
    }

    fn entry<'e>(
        &'e self,
        planned: &Planned,
        begun: Option<&'e Begun>,
        is_late: bool,
        verdicts: &'e str,
    ) -> history::Entry<'e> {
        history::Entry {
            revision: &self.cx.chain.revisions()[planned.at],
            depth: planned.depth(),
            verdicts,
            application: self.cx.application,
            kind: history::Kind::Applied,
            begun,
            is_late,
        }
    }

    /// `is_late`: true if rows may exist at its depth or deeper.
    fn record_beside(&self, planned: &Planned, begun: Option<&Begun>, is_late: bool) -> String {
        if planned.way != Way::Up && begun.is_none() {
            let ours = history::remove(&self.table.name, self.script(planned).id);
            let before = self.applied_before(planned);
            let theirs = self.cx.beside.as_ref().map(|beside| beside.forget(self.cx.chain, planned.at, &before));
            return [Some(ours), theirs].into_iter().flatten().collect::<Vec<_>>().join("; ");
        }
        let verdicts = planned.verdicts(self.cx.chain).to_string();
        let ours = history::record(&self.table.name, &self.entry(planned, begun, is_late, &verdicts));
        match &self.cx.beside {
            Some(beside) if begun.is_none() => {
                let theirs = beside.record(self.cx.chain, planned.at, &self.applied_before(planned));
                format!("{ours}; {theirs}")
            }
            _ => ours,
        }
    }

    /// The revisions that are applied before this one of the plan.
    fn applied_before(&self, planned: &Planned) -> Vec<usize> {
        let done: Vec<usize> = self.plan.iter().map(|other| other.at).take_while(|at| *at != planned.at).collect();
        match planned.way {
            Way::Up => self.before.iter().copied().chain(done).collect(),
            Way::Down(_) => self.before.iter().copied().filter(|at| !done.contains(at)).collect(),
        }
    }

    /// The check of the tool's history before a revision's own statements.
    fn guard(&self, planned: &Planned) -> Option<String> {
        let beside = self.cx.beside.as_ref()?;
        let sql = beside.guard(self.cx.chain, &self.applied_before(planned))?;
        Some(match self.cx.patience.ddl_lock_timeout.value.as_millis() {
            0 => sql,
            timeout => format!("SET LOCAL lock_timeout = {timeout}; {sql}; SET LOCAL lock_timeout = 0"),
        })
    }

    fn script<'p>(&'p self, planned: &'p Planned) -> Named<'p> {
        planned.script(self.cx.chain)
    }
}

/// The depth of the history's deepest row after a revision is recorded or rolled back.
fn deepest_after(deepest: usize, planned: &Planned) -> usize {
    match planned.way {
        Way::Up if has_to_shift(deepest, planned) => deepest + 1,
        Way::Up => planned.depth(),
        Way::Down(_) => deepest,
    }
}

/// The meaning of an error in the middle of a pipeline; shared by the pipeline and its retry.
#[derive(Debug)]
enum Trouble {
    Server {
        part: Part,
        error: ServerError,
    },
    Lost(String),
    /// A condition before a message failed.
    Refused(ExecuteError),
}
