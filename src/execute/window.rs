//! Revisions whose messages are sent before the revisions before them are answered: the server executes them in order.
//!
//! A failed revision leaves its transaction refused, and the server refuses everything after it. If COMMIT itself fails, the
//! session is idle: the next revision's transaction then lacks the row of its predecessor, and fails too. A cancel request just
//! before a BEGIN would let the following statements run on their own: until that BEGIN, nothing may write.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::pipeline::{Commit, Frame, Landing, Link, Pipeline};
use super::quiet::is_quiet;
use super::send_limit::{self, Ahead};
use super::{ExecuteError, There, Worker, deepest_after, has_to_shift, prepared, retry};
use crate::assess::Action;
use crate::chain::directive::StatementDirective;
use crate::config::CommitWait;
use crate::connect::{Message, Row};
use crate::plan::{Planned, Segment, Way};
use crate::sql;

/// The limit of unanswered revisions. When a quarter of them is left, the window is filled again at once: the rest keeps the
/// server busy while the new ones travel, so a thousand take some five round trips.
const REVISIONS: usize = 256;
/// The interval at which revisions are reported.
const LAZY_FOR: Duration = Duration::from_secs(1);

/// True if more than one revision may be sent at once.
pub(super) fn opens(worker: &Worker<'_>, plan: &[Planned]) -> bool {
    matches!(plan, [first, second, ..] if goes_ahead(worker, first) && goes_ahead(worker, second))
        && worker.cx.stop.arrived().is_none()
}

/// True if a revision waits for no answer: one transaction, without a check before or within it.
fn goes_ahead(worker: &Worker<'_>, planned: &Planned) -> bool {
    let is_checked = |directive: &StatementDirective| {
        matches!(directive, StatementDirective::Check { .. } | StatementDirective::Expect(_))
    };
    worker.table.there == There::Table
        && worker.table.begun.as_ref().is_none_or(|(at, _)| *at != planned.at)
        && planned.way == Way::Up
        && matches!(planned.segments.as_slice(), [Segment::Together(_)])
        && planned.proof.is_empty()
        && planned
            .steps
            .iter()
            .all(|step| *step.verdict.action() == Action::Nothing || !step.statement.directives.iter().any(is_checked))
}

/// The properties of the database that determine how revisions are sent.
#[derive(Clone, Copy, Default)]
pub(super) struct Manners {
    /// True if only the script's own statements run: no event trigger exists. The session has then what [`prepared`] prepares.
    are_plain: bool,
    /// True if a commit waits for the disk, or for less. A stricter setting is deliberate.
    wait_for_disk: bool,
    /// True if a commit waits neither for the disk nor for a standby.
    wait_for_nothing: bool,
}

impl Manners {
    const QUESTION: &str = "SELECT NOT EXISTS (SELECT FROM pg_event_trigger), \
                            current_setting('synchronous_commit') <> 'remote_apply', \
                            current_setting('fsync') = 'off' AND current_setting('synchronous_standby_names') = ''";

    async fn ask(worker: &Worker<'_>) -> Self {
        Self::of(&worker.held.session().send(&Self::question(worker)).await.rows().await.unwrap_or_default())
    }

    /// Asks for them, after the session has prepared the statements of [`prepared`].
    pub fn question(worker: &Worker<'_>) -> Message<'static> {
        // The preparation sets the path for the rest of the message.
        Message::control(format!("{}; {}", prepared::prepare(worker), Self::QUESTION))
    }

    /// All are false without an answer. The next message then reports the error.
    pub fn of(rows: &[Row]) -> Self {
        let is =
            |at: usize| rows.first().and_then(|row| row.get(at)).is_some_and(|value| value.as_deref() == Some("t"));
        Self { are_plain: is(0), wait_for_disk: is(1), wait_for_nothing: is(2) }
    }
}

/// True if a later commit may wait for the disk instead of the revision's own: its script does not set that.
fn may_be_lazy(worker: &Worker<'_>, manners: Manners, planned: &Planned) -> bool {
    manners.wait_for_disk
        && worker.cx.commit_wait == CommitWait::Once
        && !sql::holds(planned.script(worker.cx.chain).text, "synchronous_commit")
}

/// The pipelines that are sent and not answered.
struct Window<'a> {
    aloft: VecDeque<(Pipeline<'a>, Ahead)>,
    bytes: usize,
    /// The first sent pipeline and the next one to send, as indexes in the plan.
    first: usize,
    next: usize,
    /// The depth of the history's deepest row after all of it is committed.
    deepest: usize,
    /// True if the last sent pipeline leaves the session read-only until the next BEGIN.
    is_read_only: bool,
    /// The time of the last commit that waits for the disk.
    waited: Instant,
    manners: Manners,
}

impl<'a> Window<'a> {
    /// Sends further revisions if enough of the limit is free and no signal has come. All are built before the first is sent:
    /// consecutive messages go to the network together.
    async fn fill(&mut self, worker: &Worker<'a>, plan: &'a [Planned]) {
        if self.aloft.len() > REVISIONS / 4
            || self.bytes > send_limit::BYTES / 2
            || self.aloft.back().is_some_and(|(pipeline, ahead)| !pipeline.is_sent(ahead))
        {
            return;
        }
        for pipeline in self.made(worker, plan) {
            let ahead = pipeline.send(worker.held).await;
            self.aloft.push_back((pipeline, ahead));
        }
    }

    /// The next pipelines, up to the limit. None follows one that is not sent at once.
    fn made(&mut self, worker: &Worker<'a>, plan: &'a [Planned]) -> Vec<Pipeline<'a>> {
        let mut made: Vec<Pipeline<'a>> = Vec::new();
        while let Some(planned) = plan.get(self.next)
            && self.aloft.len() + made.len() < REVISIONS
            && self.bytes < send_limit::BYTES
            && made.last().is_none_or(Pipeline::is_sent_at_once)
            && worker.cx.stop.arrived().is_none()
            && goes_ahead(worker, planned)
        {
            let is_followed = plan.get(self.next + 1).is_some_and(|planned| goes_ahead(worker, planned));
            let pipeline = self.make(worker, plan, planned, is_followed);
            self.bytes += pipeline.size();
            self.deepest = deepest_after(self.deepest, planned);
            self.next += 1;
            made.push(pipeline);
        }
        made
    }

    fn make(
        &mut self,
        worker: &Worker<'a>,
        plan: &'a [Planned],
        planned: &'a Planned,
        is_followed: bool,
    ) -> Pipeline<'a> {
        let before = plan[self.first..self.next].last();
        let commit = match self.manners {
            Manners { wait_for_nothing: true, .. } => Commit::AtOnce,
            manners if is_followed && self.waited.elapsed() < LAZY_FOR && may_be_lazy(worker, manners, planned) => {
                Commit::Later
            }
            _ => Commit::Waits,
        };
        // After a revision that calls code, an event trigger may exist.
        self.manners.are_plain = self.manners.are_plain && is_quiet(planned, planned.script(worker.cx.chain).text);
        let after = before.map(|planned| planned.script(worker.cx.chain).id);
        let is_late = has_to_shift(self.deepest, planned);
        let (is_quiet, is_alone) = (self.manners.are_plain, worker.cx.beside.is_none());
        let is_prepared = is_quiet && after.is_some() && is_alone && !is_late;
        let link = Link { after, is_followed, commit, is_quiet, is_prepared };
        self.is_read_only = is_followed;
        if commit != Commit::Later {
            self.waited = Instant::now();
        }
        let record = match is_prepared {
            true => worker.record_prepared(planned),
            false => worker.record_beside(planned, None, is_late),
        };
        let frame = Frame { guard: worker.guard(planned), prelude: &[], record, is_done: true, ran: None, link };
        Pipeline::new(worker, planned, 0..planned.steps.len(), frame)
    }

    /// The pipeline that is answered next.
    fn take(&mut self) -> Option<(Pipeline<'a>, Ahead)> {
        let (pipeline, ahead) = self.aloft.pop_front()?;
        self.bytes -= pipeline.size();
        Some((pipeline, ahead))
    }

    /// Reads the refusals of everything after a failed revision.
    async fn drain(self) {
        for (_, mut ahead) in self.aloft {
            while let Some(sent) = ahead.take() {
                let _ = sent.done().await;
            }
        }
    }
}

/// Executes revisions from a position of the plan on, as many as may be sent without waiting. Returns the reached position, and
/// the outcome of the revision there if it did not succeed.
pub(super) async fn fly<'a>(
    worker: &mut Worker<'a>,
    plan: &'a [Planned],
    from: usize,
) -> (usize, Result<Landing, ExecuteError>) {
    let (held, cx) = (worker.held, worker.cx);
    let manners = match worker.manners.take() {
        Some(manners) => manners,
        None => Manners::ask(worker).await,
    };
    let mut window = Window {
        aloft: VecDeque::new(),
        bytes: 0,
        first: from,
        next: from,
        deepest: worker.table.deepest,
        is_read_only: false,
        waited: Instant::now(),
        manners,
    };
    let mut at = from;
    worker.reached = Some(0);
    let work = async {
        loop {
            window.fill(worker, plan).await;
            let began = Instant::now();
            let Some((pipeline, ahead)) = window.take() else { return Ok(()) };
            if let Err(trouble) = pipeline.land(ahead, held).await {
                return Err((pipeline, trouble));
            }
            landed(worker, &pipeline, &plan[at], began);
            at += 1;
        }
    };
    let (pipeline, trouble) = match cx.stop.cancelling(&held.session().canceller(), cx.patience.grace, work).await {
        Ok(Ok(())) => {
            if window.is_read_only {
                settle(worker).await;
            }
            return (at, Ok(Landing::Committed));
        }
        Err(signal) => {
            settle(worker).await;
            return (at, Err(ExecuteError::stopped_within(plan[at].script(cx.chain).id, signal)));
        }
        Ok(Err(failed)) => failed,
    };
    let began = Instant::now();
    window.drain().await;
    let landing = retry::until_landed(worker, &pipeline, Some(trouble)).await;
    if !matches!(landing, Ok(Landing::Committed)) {
        worker.over(&pipeline);
        return (at, landing);
    }
    landed(worker, &pipeline, &plan[at], began);
    settle(worker).await;
    match worker.untold.is_empty() {
        true => (at + 1, landing),
        false => (at + 1, Ok(Landing::Interrupted("the server did not say that the commits last".to_owned().into()))),
    }
}

fn landed<'a>(worker: &mut Worker<'a>, pipeline: &Pipeline<'_>, planned: &'a Planned, began: Instant) {
    worker.over(pipeline);
    worker.is_set_up = true;
    worker.untold.push((planned, began.elapsed()));
    if pipeline.commit != Commit::Later {
        worker.tell(pipeline.is_unconfirmed());
    }
}

/// Waits until the commits are durable, for a part of the grace period, and leaves the session as it was.
async fn settle(worker: &mut Worker<'_>) {
    let within = worker.cx.patience.grace / 4;
    let _ = tokio::time::timeout(within, worker.roll_back()).await;
}
