//! Statements that revisions of a window repeat: the session compiles them once. After a revision that may have changed the
//! session they are gone, and no later one of its window uses them.

use super::{Worker, framing};
use crate::connect::message;
use crate::history;
use crate::pg::name::quote_literal;

/// Prepares both. The first statement fails on any backend but ours, so no other client's statements are removed.
pub(super) fn prepare(worker: &Worker<'_>) -> String {
    let guard = worker.held.guard();
    let steps = [
        format!("SELECT WHERE ({guard}) IS NULL"),
        "DEALLOCATE ALL".to_owned(),
        // It runs with the user's path: with another one than at its preparation it would be compiled again.
        format!("PREPARE lockgate_guard (pg_catalog.text) AS {guard}, {}", framing::follows("$1")),
        message::PATH.to_owned(),
        history::prepare(&worker.table.name, worker.cx.application),
    ];
    steps.join("; ")
}

/// [`crate::lock::Held::guard`], and the check that this revision was the last one recorded as done.
pub(super) fn guard(after: &str) -> String {
    format!("EXECUTE lockgate_guard({})", quote_literal(after))
}

/// The SQLSTATE of a prepared statement that the backend does not have: it is not ours.
pub(super) const UNKNOWN_SQLSTATE: &str = "26000";
