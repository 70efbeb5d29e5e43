//! The history in readable form.

use serde::Serialize;

use super::inquiry::{Read, Told};
use super::{HistoryError, each};
use crate::progress::Note;

/// A row of the history.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub revision: String,
    pub description: String,
    /// `done` or `started`.
    pub state: String,
    /// `applied`, `stamped` or `adopted`.
    pub kind: String,
    /// With seconds, in the server's time zone.
    pub started_at: String,
    pub seconds: Option<f64>,
    pub applied_by: String,
    pub application: String,
    /// The version of lockgate that wrote the row.
    pub version: String,
    pub verdicts: serde_json::Value,
}

impl Line {
    /// The skipped, converged and adopted statements, with the reason of each.
    pub fn notes(&self) -> Vec<Note> {
        let notes = self.verdicts.get("notes").cloned().and_then(|notes| serde_json::from_value(notes).ok());
        let notes: Vec<Note> = notes.unwrap_or_default();
        notes.into_iter().filter(|note| matches!(note.verdict.as_str(), "skipped" | "converge" | "differs")).collect()
    }

    /// `3 apply, 1 run`.
    pub fn verdicts(&self) -> String {
        let counts = self.verdicts.get("counts").and_then(serde_json::Value::as_object);
        let words: Vec<String> = counts.into_iter().flatten().map(|(word, count)| format!("{count} {word}")).collect();
        words.join(", ")
    }
}

pub(super) const COLUMNS: &str = "h.revision, h.description, h.state, h.kind, pg_catalog.to_char(h.started_at, \
    'YYYY-MM-DD HH24:MI:SSOF'), extract(epoch FROM h.finished_at OPERATOR(pg_catalog.-) h.started_at), h.applied_by, \
    h.application, h.version, h.verdicts";

impl Told {
    /// The answer to [`Read::Lines`]; empty if the table is missing.
    ///
    /// # Errors
    /// A row that cannot be read.
    pub fn lines(&self) -> Result<Vec<Line>, HistoryError> {
        each(&self.state.history, self.rows_of(Read::Lines), line)
    }
}

fn line(row: &[Option<String>]) -> Option<Line> {
    let text = |at: usize| row.get(at).cloned().flatten();
    Some(Line {
        revision: text(0)?,
        description: text(1)?,
        state: text(2)?,
        kind: text(3)?,
        started_at: text(4)?,
        seconds: text(5).and_then(|seconds| seconds.parse().ok()),
        applied_by: text(6)?,
        application: text(7)?,
        version: text(8)?,
        verdicts: serde_json::from_str(&text(9)?).ok()?,
    })
}
