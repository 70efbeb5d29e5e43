//! The history as a person reads it.

use serde::Serialize;

use super::{HistoryError, ServerState, each, is_absent, reading, unreadable};
use crate::config::HistoryTable;
use crate::connect::{Row, SessionError};
use crate::progress::Note;

/// A row of the history.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub revision: String,
    pub description: String,
    /// `done` or `started`.
    pub state: String,
    /// `applied` or `stamped`.
    pub kind: String,
    /// To the second, in the server's time zone.
    pub started_at: String,
    pub seconds: Option<f64>,
    pub applied_by: String,
    pub application: String,
    /// The version of lockgate that wrote it.
    pub version: String,
    pub verdicts: serde_json::Value,
}

impl Line {
    /// What was skipped or converged, and why.
    pub fn notes(&self) -> Vec<Note> {
        let notes = self.verdicts.get("notes").cloned().and_then(|notes| serde_json::from_value(notes).ok());
        let notes: Vec<Note> = notes.unwrap_or_default();
        notes.into_iter().filter(|note| matches!(note.verdict.as_str(), "skipped" | "converge")).collect()
    }

    /// `3 apply, 1 run`.
    pub fn verdicts(&self) -> String {
        let counts = self.verdicts.get("counts").and_then(serde_json::Value::as_object);
        let words: Vec<String> = counts.into_iter().flatten().map(|(word, count)| format!("{count} {word}")).collect();
        words.join(", ")
    }
}

pub fn lines_question(table: &HistoryTable) -> String {
    reading(table, |table| {
        format!(
            "SELECT revision, description, state, kind, pg_catalog.to_char(started_at, 'YYYY-MM-DD HH24:MI:SSOF'), \
             extract(epoch FROM finished_at - started_at), applied_by, application, version, verdicts \
             FROM {table} ORDER BY depth, revision"
        )
    })
}

/// Reads the answer to [`lines_question`]. No table is no line.
///
/// # Errors
/// Outer: the connection broke. Inner: the table, or a row of it, cannot be read.
pub fn lines(
    state: &ServerState,
    answer: Result<Vec<Row>, SessionError>,
) -> Result<Result<Vec<Line>, HistoryError>, SessionError> {
    match answer {
        Ok(rows) => Ok(each(&state.history, rows, line)),
        Err(SessionError::Server(error)) if is_absent(&error) => Ok(Ok(Vec::new())),
        Err(SessionError::Server(error)) => Ok(Err(unreadable(state, error))),
        Err(lost) => Err(lost),
    }
}

fn line(row: &Row) -> Option<Line> {
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
