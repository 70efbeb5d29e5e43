//! The report of a committed revision.

use std::time::{Duration, SystemTime};

use super::Context;
use crate::assess::Decision;
use crate::plan::{Planned, Way};

/// Reports a committed revision to the log, the metrics and the progress.
pub fn say(planned: &Planned, cx: &Context<'_>, took: Duration) {
    let script = planned.script(cx.chain);
    for (word, count) in planned.counts() {
        cx.progress.verdicts(word, count);
    }
    let up = planned.way == Way::Up;
    let notes = planned.notes(cx.chain);
    for note in notes.iter().filter(|note| note.verdict == Decision::Skipped.word()) {
        tracing::warn!(file = script.file, line = note.line, "{}, skipped {}", note.reason, note.what);
    }
    if up {
        cx.progress.metrics.migration_applied(took);
    }
    cx.progress.update(|known| {
        known.as_of = Some(SystemTime::now());
        known.running = None;
        known.blockers.clear();
        known.revisions.insert(script.id.to_owned(), planned.counts());
        known.skipped.retain(|note| note.revision != script.id);
        known.skipped.extend(notes.iter().filter(|note| note.verdict == Decision::Skipped.word()).cloned());
        known.notes.extend(notes);
        if let Some(at) = known.pending.iter().position(|pending| pending == script.id) {
            known.pending.remove(at);
        }
        if up {
            known.applied += 1;
            known.current = Some(script.id.to_owned());
        } else {
            known.applied = known.applied.saturating_sub(1);
            known.current = planned.at.checked_sub(1).map(|before| cx.chain.revisions()[before].id.to_string());
        }
    });
    tracing::info!(
        revision = script.id,
        file = script.file,
        statements = planned.statements(),
        seconds = took.as_millis() as f64 / 1000.0,
        "{}",
        if up { "applied" } else { "taken back" }
    );
}
