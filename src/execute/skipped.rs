//! Skipped optional statements that run later: each in a transaction that also updates its history row.

use super::pipeline::Landing;
use super::{Context, ExecuteError, Table, Worker};
use crate::history;
use crate::lock::Held;
use crate::plan::{Planned, Segment};

/// Runs each plan of one statement; returns those that are now in force, by id and line. A statement that rows still refuse stays
/// skipped.
///
/// # Errors
/// A statement failed for another reason, or the history could not be written.
pub async fn again(
    held: &Held,
    plan: &[Planned],
    table: Table,
    cx: &Context<'_>,
) -> Result<Vec<(String, usize)>, ExecuteError> {
    let mut worker = Worker::new(held, cx, table, &[]);
    let mut applied = Vec::new();
    for planned in plan {
        let script = planned.script(cx.chain);
        let [step] = planned.steps.as_slice() else { continue };
        if planned.segments.iter().any(|segment| matches!(segment, Segment::Alone(_))) {
            tracing::warn!(
                file = script.file,
                line = step.statement.line,
                "an optional statement would apply now, but not in a transaction: run it by hand, or in a new revision"
            );
            continue;
        }
        let line = step.statement.line;
        let record = history::settle(&worker.table.name, script.id, line, step.verdict.word());
        match worker.fly(planned, 0..1, &[], record, true).await? {
            Landing::Committed => {
                tracing::info!(file = script.file, line, "an optional statement that was left out is in force now");
                cx.progress.verdicts(step.verdict.word(), 1);
                cx.progress.update(|known| {
                    known.running = None;
                    known.skipped.retain(|note| note.revision != script.id || note.line != line);
                });
                applied.push((script.id.to_owned(), line));
            }
            Landing::Without { reason, .. } => {
                tracing::warn!(file = script.file, line, "{reason}, left out still");
                cx.progress.update(|known| known.running = None);
            }
            Landing::Interrupted(because) => return Err(ExecuteError::Lost(because.to_string())),
        }
    }
    Ok(applied)
}
