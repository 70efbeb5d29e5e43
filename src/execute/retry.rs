//! Rolls back a revision that others block and runs it again, until it succeeds or patience ends.

use std::time::{Duration, Instant};

use super::activity::describe;
use super::explain::{self, Within};
use super::interruption::Interruption;
use super::locks::{LocksNeeded, lacks_locks};
use super::message::Part;
use super::pipeline::{Landing, Pipeline};
use super::{Context, ExecuteError, Table, Trouble, Worker, prepared};
use crate::assess::{Reason, Refusing};
use crate::catalog::TAKEN_SQLSTATE;
use crate::chain::directive::StatementDirective;
use crate::connect::{Pauses, ServerError};
use crate::failure::Evidence;
use crate::history::beside::MOVED_SQLSTATE;
use crate::lock::{GUARD_SQLSTATE, Held};
use crate::pg::sqlstate::{StatementFailure, statement_failure};
use crate::progress::Session;
use crate::statement::Statement;

/// invalid_savepoint_specification, and no_active_sql_transaction.
const MARK_IS_GONE: [&str; 2] = ["3B001", "25P01"];

const UNIQUE_VIOLATION: &str = "23505";

/// The duplicate rows of a catalog that may come from races with other sessions: behind a race the next attempt meets the other
/// session's object. More of them come from the statement itself.
const RACES: u32 = 2;

/// `first`: the error of the first attempt.
pub(super) async fn until_landed(
    worker: &mut Worker<'_>,
    pipeline: &Pipeline<'_>,
    mut first: Option<Trouble>,
) -> Result<Landing, ExecuteError> {
    let (held, cx) = (worker.held, worker.cx);
    let began = Instant::now();
    let mut pauses = Pauses::new(Duration::from_millis(200), Duration::from_secs(15));
    let mut races = 0;
    loop {
        let flown = match first.take() {
            Some(trouble) => Ok(Err(trouble)),
            None => cx.stop.cancelling(&held.session().canceller(), cx.patience.grace, pipeline.fly(held)).await,
        };
        let trouble = match flown {
            Err(signal) => return Err(ExecuteError::stopped(pipeline, signal)),
            Ok(Ok(())) => return Ok(Landing::Committed),
            Ok(Err(trouble)) => trouble,
        };
        let (part, error) = match trouble {
            Trouble::Lost(because) => return Ok(Landing::Interrupted(because.into())),
            Trouble::Refused(error) => {
                worker.roll_back_or_stop().await;
                return Err(error);
            }
            Trouble::Server { part, error } => (part, error),
        };
        if part == Part::Opening && [GUARD_SQLSTATE, prepared::UNKNOWN_SQLSTATE].contains(&error.sqlstate.as_str()) {
            return Err(ExecuteError::moved(held.session()));
        }
        races += u32::from(error.sqlstate == UNIQUE_VIOLATION);
        let failure = match statement_failure(&error.sqlstate, &error.message, error.schema.as_deref()) {
            StatementFailure::Contention if races > RACES => StatementFailure::Wrong,
            failure => failure,
        };
        let explanation = match (failure, part) {
            (StatementFailure::Wrong, Part::Statement(step)) if pipeline.statement(step).meets_rows => {
                explain::explain(held.session(), cx, &pipeline.sent(step), &error, Within::Pipeline).await
            }
            _ => None,
        };
        // The transaction is refused and still open; if COMMIT itself failed it is gone, and this does nothing.
        worker.roll_back_or_stop().await;
        if !matches!(part, Part::Opening | Part::History | Part::Beside)
            && MARK_IS_GONE.contains(&error.sqlstate.as_str())
        {
            return Err(ExecuteError::EndedItself { file: pipeline.script().file.to_owned() });
        }
        if part == Part::Beside && error.sqlstate == MOVED_SQLSTATE {
            let because = format!("{}: the tool's history has moved: {}", pipeline.script().file, error.message);
            return Ok(Landing::Interrupted(Interruption::Outrun(because)));
        }
        if part == Part::Taken && error.sqlstate == TAKEN_SQLSTATE {
            return Ok(Landing::Interrupted(Interruption::Outrun(taken(pipeline, &error))));
        }
        match failure {
            StatementFailure::Contention => {}
            StatementFailure::ReadOnly | StatementFailure::Shutdown => {
                return Ok(Landing::Interrupted(error.to_string().into()));
            }
            StatementFailure::Cancelled
            | StatementFailure::Resources
            | StatementFailure::Privilege
            | StatementFailure::Wrong => {
                let mut failed = failed(held, pipeline, part, error, &worker.table).await;
                if let Part::Statement(step) = part {
                    let statement = pipeline.statement(step);
                    failed = failed.explained(&pipeline.sent(step), statement.secrecy, explanation);
                    if let Some(reason) = without(&statement, &failed) {
                        return Ok(Landing::Without { step, reason });
                    }
                }
                return Err(failed);
            }
        }
        cx.progress.metrics.ddl_lock_timeout();
        let blockers = blockers(cx);
        if began.elapsed() >= cx.patience.ddl_lock_retry_for {
            return Err(ExecuteError::lock(pipeline, part, error, blockers, began.elapsed()));
        }
        let left = cx.patience.ddl_lock_retry_for.saturating_sub(began.elapsed());
        let pause = pauses.grow().min(left);
        say(pipeline, part, &error.message, &blockers, pause);
        if let Some(signal) = cx.stop.within(pause).await {
            return Err(ExecuteError::stopped(pipeline, signal));
        }
    }
}

/// Another inspection of the database shows the owner and the choices.
fn taken(pipeline: &Pipeline<'_>, error: &ServerError) -> String {
    format!("{}: what it would take for its own was changed meanwhile: {}", pipeline.script().file, error.message)
}

/// The error of the server: about the script's own statement, or about a write to the history.
async fn failed(held: &Held, pipeline: &Pipeline<'_>, part: Part, error: ServerError, table: &Table) -> ExecuteError {
    if pipeline.is_of_history(part, &error) {
        let is_made = part == Part::History;
        return ExecuteError::history(table, is_made, error);
    }
    let needs = if lacks_locks(&error) { LocksNeeded::ask(held.session()).await } else { None };
    ExecuteError::statement(pipeline, part, error).with_locks(needs)
}

/// The blockers, as the watch last saw them.
pub(super) fn blockers(cx: &Context<'_>) -> Vec<Session> {
    cx.progress.look(|known| known.blockers.clone())
}

/// The blockers for a line of the log.
pub(super) fn named(blockers: &[Session]) -> String {
    if blockers.is_empty() {
        return "not seen".to_owned();
    }
    blockers.iter().map(describe).collect::<Vec<_>>().join("; ")
}

fn say(pipeline: &Pipeline<'_>, part: Part, message: &str, blockers: &[Session], pause: Duration) {
    let line = if let Part::Statement(step) = part { pipeline.statement(step).line } else { 0 };
    let blockers = named(blockers);
    tracing::warn!(
        file = pipeline.script().file,
        line,
        again_in = pause.as_secs_f32(),
        "{message}; rolled back, will try again; in the way: {blockers}"
    );
}

/// The reason why an optional statement that rows refuse is skipped, without data of the rows, because it is recorded in the
/// history.
pub(super) fn without(statement: &Statement, error: &ExecuteError) -> Option<Reason> {
    let ExecuteError::Statement(failed) = error else { return None };
    let Evidence { sqlstate, rows, .. } = &failed.evidence;
    let is_of_rows = sqlstate.starts_with("23") || matches!(sqlstate.as_str(), "22P02" | "42804");
    if !is_of_rows || !statement.directives.contains(&StatementDirective::Optional) {
        return None;
    }
    Some(Reason::RowsRefuse { rows: Refusing(*rows), sqlstate: sqlstate.clone() })
}
