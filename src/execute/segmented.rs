//! A revision in segments: each is recorded with its position, so a retry continues at the statement.

use std::ops::Range;

use super::error::StoppedAt;
use super::pipeline::Landing;
use super::recovery::{self, Finding, Undecided};
use super::{ExecuteError, Worker, non_transactional};
use crate::assess::Action;
use crate::chain::checksum;
use crate::chain::status::Begun;
use crate::connect::SessionError;
use crate::plan::{Planned, Segment, Way};
use crate::statement::{Kind, Trace};

pub(super) async fn run(
    worker: &mut Worker<'_>,
    planned: &Planned,
    begun: Option<Begun>,
) -> Result<Landing, ExecuteError> {
    let from = begun.as_ref().map_or(0, |begun| begun.segments);
    let mut in_doubt = match begun {
        Some(begun) => match standing(worker, planned, &begun)? {
            Script::Unchanged => Some(begun).filter(|begun| begun.started),
            Script::Corrected(trace) => match undone(worker, planned, &begun, &trace).await? {
                Undone::Yes => None,
                Undone::Lost(because) => return Ok(Landing::Interrupted(because.into())),
            },
        },
        None => None,
    };
    for (at, segment) in planned.segments.iter().enumerate().skip(from) {
        worker.reached = Some(at);
        if let Some(signal) = worker.cx.stop.arrived() {
            let id = worker.script(planned).id;
            return Err(if at == 0 {
                ExecuteError::stopped_before(id, signal)
            } else {
                ExecuteError::stopped_within(id, signal)
            });
        }
        let after = progress(worker, planned, at + 1);
        let is_done = after.is_none();
        let record = worker.record(planned, after.as_ref());
        let prelude = settings_before(worker, planned, segment.range().start);
        let prelude: Vec<&str> = prelude.iter().map(String::as_str).collect();
        let landing = match segment {
            Segment::Together(range) => worker.fly(planned, range.clone(), &prelude, record, is_done).await?,
            // Other SQL in its place, or none at all, can be sent in a transaction.
            Segment::Alone(step) if *planned.steps[*step].verdict.action() != Action::AsWritten => {
                in_doubt = None;
                worker.fly(planned, *step..*step + 1, &prelude, record, is_done).await?
            }
            Segment::Alone(step) => {
                non_transactional::run(
                    worker,
                    planned,
                    non_transactional::Place { segment: at, step: *step },
                    &prelude,
                    in_doubt.take(),
                    record,
                )
                .await?
            }
        };
        match landing {
            Landing::Committed => {}
            Landing::Interrupted(_) => return Ok(landing),
            Landing::Without { .. } => {
                if at > 0 {
                    worker.table.begun = Some((planned.at, reached(worker, planned, at)));
                }
                return Ok(landing);
            }
        }
    }
    // The last segment is committed in the same transaction in which the row is marked as done, so this state cannot occur.
    Ok(Landing::Committed)
}

/// The row's progress after this many committed segments; none after the last.
fn progress(worker: &Worker<'_>, planned: &Planned, segments: usize) -> Option<Begun> {
    (segments < planned.segments.len()).then(|| reached(worker, planned, segments))
}

/// The progress of a revision with this many committed segments, and no statement started.
pub(super) fn reached(worker: &Worker<'_>, planned: &Planned, segments: usize) -> Begun {
    let end = planned.segments[..segments].last().map_or(0, |segment| segment.range().end);
    Begun {
        segments,
        started: false,
        down: planned.way != Way::Up,
        prefix: prefix(worker, planned, end),
        indexes_before: Vec::new(),
        committed: None,
        trace: None,
    }
}

/// The checksum of the script up to the end of a statement.
pub(super) fn prefix(worker: &Worker<'_>, planned: &Planned, steps: usize) -> String {
    checksum::checksum(script_until(worker, planned, steps))
}

fn script_until<'a>(worker: &'a Worker<'_>, planned: &'a Planned, steps: usize) -> &'a str {
    let end = planned.steps[..steps].last().map_or(0, |step| step.statement.range.end);
    &worker.script(planned).text[..end]
}

/// The state of a begun revision's script.
enum Script {
    Unchanged,
    /// The started statement was changed; the trace shows if it ran.
    Corrected(Trace),
}

/// Checks that the committed part is still in the file. A started statement may be corrected if the catalog shows whether it ran;
/// the rest may always be corrected.
fn standing(worker: &Worker<'_>, planned: &Planned, begun: &Begun) -> Result<Script, ExecuteError> {
    if begun.down == (planned.way == Way::Up) {
        return Err(ExecuteError::OtherWay { id: worker.script(planned).id.to_owned(), down: begun.down });
    }
    let is_as_recorded = |segments: usize, recorded: &str| {
        planned.segments.get(..segments).is_some_and(|segments| {
            let end = segments.last().map_or(0, |segment| segment.range().end);
            checksum::is_of(recorded, script_until(worker, planned, end))
        })
    };
    if is_as_recorded(begun.segments + usize::from(begun.started), &begun.prefix) {
        return Ok(Script::Unchanged);
    }
    let trace = begun.trace.clone().and_then(|trace| serde_json::from_value(trace).ok());
    match (begun.started, &begun.committed, trace) {
        (true, Some(committed), Some(trace)) if is_as_recorded(begun.segments, committed) => {
            Ok(Script::Corrected(trace))
        }
        _ => Err(changed(worker, planned, committed_words(begun))),
    }
}

fn committed_words(begun: &Begun) -> String {
    match (begun.segments, begun.started) {
        (0, true) => "a statement of it was started outside a transaction".to_owned(),
        (1, _) => "one of its segments was committed".to_owned(),
        (segments, _) => format!("{segments} of its segments were committed"),
    }
}

fn changed(worker: &Worker<'_>, planned: &Planned, because: String) -> ExecuteError {
    ExecuteError::BegunChanged { file: worker.script(planned).file.to_owned(), because }
}

enum Undone {
    Yes,
    Lost(String),
}

/// Checks that a started statement, which is no longer in the script, left nothing; its INVALID index is dropped.
async fn undone(worker: &Worker<'_>, planned: &Planned, begun: &Begun, trace: &Trace) -> Result<Undone, ExecuteError> {
    match recovery::judge(worker, trace, true, &begun.indexes_before).await {
        Ok(Finding::Run) => Ok(Undone::Yes),
        Ok(Finding::Ran) => {
            Err(changed(worker, planned, "a statement of it that runs outside a transaction had run".to_owned()))
        }
        Ok(Finding::Finish(_)) | Err(Undecided::Unknown) => Err(changed(worker, planned, committed_words(begun))),
        Err(Undecided::Stopped(signal)) => {
            Err(ExecuteError::Stopped { signal, revision: worker.script(planned).id.to_owned(), at: StoppedAt::Build })
        }
        Err(Undecided::Session(SessionError::Lost(because))) => Ok(Undone::Lost(because)),
        Err(Undecided::Session(SessionError::Server(error))) => Err(ExecuteError::asking(error)),
    }
}

/// The SETs of the script before a statement. Each segment ends with all settings undone, so the next one repeats them, and so
/// does a retry in a new session.
fn settings_before(worker: &Worker<'_>, planned: &Planned, step: usize) -> Vec<String> {
    let text = worker.script(planned).text;
    let before: Range<usize> = 0..step;
    planned.steps[before]
        .iter()
        .map(|step| &step.statement)
        .filter(|statement| statement.kind == Kind::Session && is_setting(&statement.tag))
        .map(|statement| text[statement.range.clone()].to_owned())
        .collect()
}

fn is_setting(tag: &str) -> bool {
    matches!(tag, "SET" | "RESET" | "SELECT")
}
