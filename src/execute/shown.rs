//! The running statement, in the progress.

use std::time::Instant;

use super::framing;
use crate::chain::Chain;
use crate::plan::Planned;
use crate::progress::{Progress, Running};

/// Records the running statement in the progress.
pub(super) fn statement(chain: &Chain, progress: &Progress, planned: &Planned, step: usize) {
    let (script, statement) = (planned.script(chain), &planned.steps[step].statement);
    let running = Running {
        revision: script.id.to_owned(),
        file: script.file.to_owned(),
        line: statement.line,
        text: statement.shown(script.text),
        command: statement.tag.clone(),
        place: (planned.steps[step].before + 1, planned.statements()),
        since: Instant::now(),
        waits_for: None,
        progress: None,
    };
    progress.update(|known| known.running = Some(running));
}

/// Records that a revision commits.
pub(super) fn commit(chain: &Chain, progress: &Progress, planned: &Planned) {
    let (script, count) = (planned.script(chain), planned.statements());
    let commit = || framing::COMMIT.to_owned();
    let running = Running {
        revision: script.id.to_owned(),
        file: script.file.to_owned(),
        line: planned.steps.last().map_or(0, |step| step.statement.line),
        text: commit(),
        command: commit(),
        place: (count, count),
        since: Instant::now(),
        waits_for: None,
        progress: None,
    };
    progress.update(|known| known.running = Some(running));
}
