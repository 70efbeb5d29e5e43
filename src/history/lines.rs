//! The history as a person reads it.

use serde::Serialize;

use super::{HistoryError, is_absent, unreadable};
use crate::connect::{Row, SessionError};
use crate::pg::name::QualifiedName;

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
    /// `3 apply, 1 run`.
    pub fn verdicts(&self) -> String {
        let counts = self.verdicts.get("counts").and_then(serde_json::Value::as_object);
        let words: Vec<String> = counts.into_iter().flatten().map(|(word, count)| format!("{count} {word}")).collect();
        words.join(", ")
    }
}

pub fn lines_question(table: &QualifiedName) -> String {
    format!(
        "SELECT revision, description, state, kind, pg_catalog.to_char(started_at, 'YYYY-MM-DD HH24:MI:SSOF'), \
         extract(epoch FROM finished_at - started_at), applied_by, application, version, verdicts \
         FROM {} ORDER BY depth, revision",
        table.quoted()
    )
}

/// Reads the answer to [`lines_question`]. No table is no line.
///
/// # Errors
/// Outer: the connection broke. Inner: the table cannot be read.
pub fn lines(
    table: &QualifiedName,
    role: &str,
    answer: Result<Vec<Row>, SessionError>,
) -> Result<Result<Vec<Line>, HistoryError>, SessionError> {
    match answer {
        Ok(rows) => Ok(Ok(rows.into_iter().filter_map(line).collect())),
        Err(SessionError::Server(error)) if is_absent(&error) => Ok(Ok(Vec::new())),
        Err(SessionError::Server(error)) => Ok(Err(unreadable(table, role, error))),
        Err(lost) => Err(lost),
    }
}

fn line(row: Row) -> Option<Line> {
    let mut columns = row.into_iter();
    let mut text = || columns.next();
    Some(Line {
        revision: text()??,
        description: text()??,
        state: text()??,
        kind: text()??,
        started_at: text()??,
        seconds: text()?.and_then(|seconds| seconds.parse().ok()),
        applied_by: text()??,
        application: text()??,
        version: text()??,
        verdicts: serde_json::from_str(&text()??).ok()?,
    })
}
