//! Recording revisions without running them, in one transaction.

use super::{Context, ExecuteError, Table, flight, words};
use crate::connect::{Message, SessionError, message};
use crate::history;
use crate::lock::{GUARD_SQLSTATE, Held};

/// Records the revisions at these depths (from 1) as applied, and forgets those with these ids.
///
/// # Errors
/// What the server refuses, or that the connection broke: then nothing is recorded.
pub async fn stamp(
    held: &Held,
    table: &Table,
    record: &[usize],
    forget: &[String],
    cx: &Context<'_>,
) -> Result<(), ExecuteError> {
    let mut messages = vec![format!("{}; {}; {}", words::begin(&[]), held.guard(), message::PATH)];
    let opening = flight::opening(table);
    let has_opening = opening.is_some();
    messages.extend(opening);
    messages.extend(forget.iter().map(|id| history::remove(&table.name, id)));
    for &depth in record {
        let entry = history::Entry {
            revision: &cx.chain.revisions()[depth - 1],
            depth,
            verdicts: r#"{"counts": {}}"#,
            application: cx.application,
            kind: history::Kind::Stamped,
            begun: None,
            is_late: false,
        };
        messages.push(history::record(&table.name, &entry));
    }
    messages.push(words::COMMIT.to_owned());
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
