//! A statement outside any transaction: a row records its start, the statement runs, a row records its end.

use std::time::{Duration, Instant};

use super::error::StoppedAt;
use super::explain::{self, Within};
use super::pipeline::Landing;
use super::recovery::{self, Finding};
use super::segmented::{self, prefix};
use super::stop::Signal;
use super::{ExecuteError, Worker, retry, shown};
use crate::assess::Decision;
use crate::chain::directive::StatementDirective;
use crate::chain::status::Begun;
use crate::connect::{Message, Pauses, ServerError, SessionError};
use crate::lock::GUARD_SQLSTATE;
use crate::pg::sqlstate::{StatementFailure, statement_failure};
use crate::plan::Planned;
use crate::statement::{Statement, Trace};

/// The position of the statement in its revision.
#[derive(Clone, Copy)]
pub struct Place {
    pub segment: usize,
    pub step: usize,
}

/// The outcome of one attempt.
enum Attempt {
    Ran,
    InTheWay(ServerError),
    Interrupted(String),
}

/// The reason why the statement is not done, which decides about the row of its start.
enum NotDone {
    /// The server refused it, or it was never sent: it certainly did not run.
    Refused(ExecuteError),
    /// Only the catalog may tell, to the next run: the row stays.
    InDoubt(ExecuteError),
}

pub(super) async fn run(
    worker: &mut Worker<'_>,
    planned: &Planned,
    place: Place,
    prelude: &[&str],
    in_doubt: Option<Begun>,
    done: String,
) -> Result<Landing, ExecuteError> {
    let was_started = in_doubt.is_some();
    let started = match in_doubt {
        Some(begun) => begun,
        None => {
            let begun = starting(worker, planned, place).await?;
            let record = worker.record(planned, Some(&begun));
            if let interrupted @ Landing::Interrupted(_) = worker.fly(planned, 0..0, &[], record, false).await? {
                return Ok(interrupted);
            }
            begun
        }
    };
    // A statement that is to converge finds an incomplete object: the same as after a crash.
    let in_doubt = was_started || planned.steps[place.step].verdict.decision() == Decision::Converge;
    let ran = until_it_ran(worker, planned, place, prelude, &started, in_doubt).await;
    match ran {
        Ok(Landing::Committed) => {
            let is_done = place.segment + 1 == planned.segments.len();
            worker.settle(planned, place.step, done, is_done).await
        }
        Ok(other) => Ok(other),
        Err(NotDone::InDoubt(error)) => {
            worker.reached = None;
            Err(error)
        }
        Err(NotDone::Refused(error)) => {
            clear_away(worker, &planned.steps[place.step].statement, &started).await;
            // The row is as before it, so the statement may be corrected before the next run.
            let record = worker.record(planned, Some(&segmented::reached(worker, planned, place.segment)));
            worker.fly(planned, 0..0, &[], record, false).await?;
            match retry::without(&planned.steps[place.step].statement, &error) {
                Some(reason) => Ok(Landing::Without { step: place.step, reason }),
                None => Err(error),
            }
        }
    }
}

/// The row that is committed before the statement is sent.
async fn starting(worker: &Worker<'_>, planned: &Planned, place: Place) -> Result<Begun, ExecuteError> {
    let statement = &planned.steps[place.step].statement;
    let indexes_before = match statement.trace() {
        Trace::NewIndex { table, name: None } => recovery::indexes(worker.held.session(), table).await,
        _ => Vec::new(),
    };
    let before = segmented::reached(worker, planned, place.segment);
    Ok(Begun {
        started: true,
        prefix: prefix(worker, planned, place.step + 1),
        indexes_before,
        committed: Some(before.prefix.clone()),
        trace: serde_json::to_value(statement.trace()).ok(),
        ..before
    })
}

async fn until_it_ran(
    worker: &Worker<'_>,
    planned: &Planned,
    place: Place,
    prelude: &[&str],
    started: &Begun,
    mut in_doubt: bool,
) -> Result<Landing, NotDone> {
    let cx = worker.cx;
    let statement = &planned.steps[place.step].statement;
    let began = Instant::now();
    let mut pauses = Pauses::new(Duration::from_millis(200), Duration::from_secs(15));
    loop {
        if let Some(signal) = cx.stop.arrived() {
            let stopped = ExecuteError::stopped_within(worker.script(planned).id, signal);
            return Err(if in_doubt { NotDone::InDoubt(stopped) } else { NotDone::Refused(stopped) });
        }
        let not_done = if in_doubt { NotDone::InDoubt } else { NotDone::Refused };
        let finish = match settle_doubt(worker, planned, statement, started, in_doubt).await.map_err(not_done)? {
            Ok(Finding::Ran) => return Ok(Landing::Committed),
            Ok(Finding::Run) => None,
            Ok(Finding::Finish(sql)) => Some(sql),
            Err(because) => return Ok(Landing::Interrupted(because.into())),
        };
        // A refused attempt may leave something half-done, which the catalog shows; without a trace there is nothing.
        in_doubt = *statement.trace() != Trace::None;
        let sql = finish.as_deref().unwrap_or_else(|| &worker.script(planned).text[statement.range.clone()]);
        let error = match attempt(worker, planned, place, prelude, sql).await? {
            Attempt::Ran => return Ok(Landing::Committed),
            Attempt::Interrupted(because) => return Ok(Landing::Interrupted(because.into())),
            Attempt::InTheWay(error) => error,
        };
        cx.progress.metrics.ddl_lock_timeout();
        let blockers = retry::blockers(cx);
        if began.elapsed() >= cx.patience.ddl_lock_retry_for {
            let lock = ExecuteError::lock_alone(worker.script(planned), statement, error, blockers, began.elapsed());
            return Err(NotDone::Refused(lock));
        }
        let pause = pauses.grow().min(cx.patience.ddl_lock_retry_for.saturating_sub(began.elapsed()));
        let blockers = retry::named(&blockers);
        let (file, line) = (worker.script(planned).file, statement.line);
        tracing::warn!(file, line, "{}; will try again; in the way: {blockers}", error.message);
        if let Some(signal) = cx.stop.within(pause).await {
            return Err(NotDone::InDoubt(stopped(worker, planned, statement, signal)));
        }
    }
}

fn stopped(worker: &Worker<'_>, planned: &Planned, statement: &Statement, signal: Signal) -> ExecuteError {
    let at = if matches!(statement.trace(), Trace::NewIndex { .. }) { StoppedAt::Build } else { StoppedAt::Alone };
    ExecuteError::Stopped { signal, revision: worker.script(planned).id.to_owned(), at }
}

/// Asks the catalog if the statement ran, and removes the remains of a broken one.
async fn settle_doubt(
    worker: &Worker<'_>,
    planned: &Planned,
    statement: &Statement,
    started: &Begun,
    in_doubt: bool,
) -> Result<Result<Finding, String>, ExecuteError> {
    let as_is = statement.directives.contains(&StatementDirective::RunAsIs);
    let trace = if as_is { &Trace::Repeatable } else { statement.trace() };
    match recovery::judge(worker, trace, in_doubt, &started.indexes_before).await {
        Ok(finding) => Ok(Ok(finding)),
        Err(recovery::Undecided::Unknown) => Err(ExecuteError::InDoubt {
            file: worker.script(planned).file.to_owned(),
            line: statement.line,
            shown: statement.shown(worker.script(planned).text),
        }),
        Err(recovery::Undecided::Stopped(signal)) => Err(stopped(worker, planned, statement, signal)),
        Err(recovery::Undecided::Session(SessionError::Lost(because))) => Ok(Err(because)),
        Err(recovery::Undecided::Session(SessionError::Server(error))) => Err(ExecuteError::asking(error)),
    }
}

/// Sends the statement as a separate message: several in one message would be a transaction.
async fn attempt(
    worker: &Worker<'_>,
    planned: &Planned,
    place: Place,
    prelude: &[&str],
    sql: &str,
) -> Result<Attempt, NotDone> {
    let (cx, session) = (worker.cx, worker.held.session());
    let script = worker.script(planned);
    let statement = &planned.steps[place.step].statement;
    let failed = |error| NotDone::Refused(ExecuteError::alone(planned, script, place.step, error));
    let mut before = vec![Message::control(worker.held.guard())];
    if !worker.is_set_up {
        before.push(Message::control(worker.settings.as_str()));
    }
    before.extend(prelude.iter().map(|&sql| Message::users(sql)));
    for answer in session.ask(&before).await {
        match answer {
            Ok(_) => {}
            Err(SessionError::Lost(because)) => return Ok(Attempt::Interrupted(because)),
            Err(SessionError::Server(error)) if error.sqlstate == GUARD_SQLSTATE => {
                return Err(NotDone::InDoubt(ExecuteError::moved(session)));
            }
            Err(SessionError::Server(error)) => return Err(failed(error)),
        }
    }
    shown::statement(cx.chain, cx.progress, planned, place.step);
    let (at, of) = (planned.steps[place.step].end(), planned.statements());
    tracing::info!(
        file = script.file,
        line = statement.line,
        "applying {} ({at} of {of}: {})",
        script.id,
        statement.tag
    );
    let sent = session.send(&Message::users(sql)).await;
    let ran = cx.stop.cancelling(&session.canceller(), cx.patience.grace, sent.done()).await;
    match ran {
        Err(signal) => Err(NotDone::InDoubt(stopped(worker, planned, statement, signal))),
        Ok(Ok(_)) => Ok(Attempt::Ran),
        Ok(Err(SessionError::Lost(because))) => Ok(Attempt::Interrupted(because)),
        Ok(Err(SessionError::Server(error))) => {
            match statement_failure(&error.sqlstate, &error.message, error.schema.as_deref()) {
                StatementFailure::Contention => Ok(Attempt::InTheWay(error)),
                StatementFailure::ReadOnly | StatementFailure::Shutdown => Ok(Attempt::Interrupted(error.to_string())),
                StatementFailure::Wrong if statement.meets_rows => {
                    let explanation = explain::explain(session, cx, sql, &error, Within::Nothing).await;
                    Err(NotDone::Refused(ExecuteError::alone(planned, script, place.step, error).explained(
                        sql,
                        statement.secrecy,
                        explanation,
                    )))
                }
                StatementFailure::Cancelled
                | StatementFailure::Resources
                | StatementFailure::Privilege
                | StatementFailure::Wrong => Err(failed(error)),
            }
        }
    }
}

/// Removes the INVALID index of a failed build, which would still slow down every write.
async fn clear_away(worker: &Worker<'_>, statement: &Statement, started: &Begun) {
    if let Trace::NewIndex { .. } = statement.trace()
        && let Err(error) = recovery::judge(worker, statement.trace(), true, &started.indexes_before).await
    {
        tracing::warn!("an INVALID index may be left; the next run clears it away: {error:?}");
    }
}
