//! Records revisions without running them, in one transaction.

use super::{Context, ExecuteError, Table, There, framing, pipeline};
use crate::connect::{Message, SessionError, message};
use crate::history::{self, Kind};
use crate::lock::{GUARD_SQLSTATE, Held};

/// A revision that is recorded without running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrun {
    /// From 1.
    pub depth: usize,
    pub kind: Kind,
    /// The verdicts for the history, as JSON.
    pub verdicts: String,
}

impl Unrun {
    /// A revision that is recorded on the user's word.
    pub fn stamped(depth: usize) -> Self {
        Self { depth, kind: Kind::Stamped, verdicts: r#"{"counts": {}}"#.to_owned() }
    }
}

/// Records these revisions as applied, and removes those with these ids.
///
/// # Errors
/// The server's error, or a broken connection: then nothing is recorded.
pub async fn stamp(
    held: &Held,
    table: &Table,
    record: &[Unrun],
    forget: &[String],
    cx: &Context<'_>,
) -> Result<(), ExecuteError> {
    let mut messages = vec![format!("{}; {}; {}", framing::begin(&[]), held.guard(), message::PATH)];
    let opening = pipeline::opening(table);
    let has_opening = opening.is_some();
    messages.extend(opening);
    if record.iter().any(|unrun| unrun.kind == Kind::Adopted) {
        messages.extend(widened(held, table).await?);
    }
    messages.extend(forget.iter().map(|id| history::remove(&table.name, id)));
    for Unrun { depth, kind, verdicts } in record {
        let entry = history::Entry {
            revision: &cx.chain.revisions()[depth - 1],
            depth: *depth,
            verdicts,
            application: cx.application,
            kind: *kind,
            begun: None,
            is_late: false,
        };
        messages.push(history::record(&table.name, &entry));
    }
    messages.push(framing::COMMIT.to_owned());
    let messages: Vec<Message<'_>> = messages.into_iter().map(Message::control).collect();
    let answers = held.session().ask(&messages).await;
    for (at, answer) in answers.into_iter().enumerate() {
        let is_made = has_opening && at == 1;
        match answer {
            Ok(_) => {}
            Err(SessionError::Server(error)) if error.sqlstate == GUARD_SQLSTATE => {
                return Err(ExecuteError::moved(held.session()));
            }
            Err(SessionError::Server(error)) => return Err(ExecuteError::history(table, is_made, error)),
            Err(SessionError::Lost(because)) => return Err(ExecuteError::Lost(because)),
        }
    }
    Ok(())
}

/// The statements that let an earlier version's table accept adopted revisions.
async fn widened(held: &Held, table: &Table) -> Result<Vec<String>, ExecuteError> {
    if matches!(table.there, There::Nothing | There::Schema) {
        return Ok(Vec::new());
    }
    match held.session().send(&history::narrow(&table.name)).await.rows().await {
        Ok(rows) => {
            let names = rows.into_iter().filter_map(|row| row.into_iter().next()?);
            Ok(names.map(|name| history::widen(&table.name, &name)).collect())
        }
        Err(SessionError::Server(error)) => Err(ExecuteError::history(table, false, error)),
        Err(SessionError::Lost(because)) => Err(ExecuteError::Lost(because)),
    }
}
