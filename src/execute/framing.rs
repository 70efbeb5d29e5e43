//! The SQL before and after the statements of a script.

use super::pipeline::{Commit, Link};
use super::{Worker, prepared};
use crate::connect::message;
use crate::pg::name::quote_literal;
use crate::plan::Step;

/// Undoes the session state of a script inside its own transaction, before the history row. The row is then written by the
/// session's own role, and a deferred constraint fails here, with a place, instead of at COMMIT.
const SETTLE: &str = "SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; \
                          DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP";

/// BEGIN; a script may set another isolation level at its top.
pub fn begin(steps: &[Step]) -> String {
    let level = steps.first().and_then(|step| step.statement.isolation.as_deref());
    format!("BEGIN ISOLATION LEVEL {} READ WRITE", level.unwrap_or("READ COMMITTED"))
}

/// BEGIN, the guard, and the first SETs.
pub(super) fn opening(worker: &Worker<'_>, steps: &[Step], link: Link<'_>) -> Vec<String> {
    let begin = begin(steps);
    match link.after {
        // A script that runs no code sees no settings.
        Some(id) if link.is_prepared => vec![begin, prepared::guard(id)],
        Some(id) => {
            vec![begin, format!("{}, {}", worker.held.guard(), follows(&quote_literal(id))), AS_EVER.to_owned()]
        }
        // The session is known to be exclusive only after the guard has passed, so the first SETs follow it.
        None if !worker.is_set_up => vec![begin, worker.held.guard().to_owned(), worker.settings.clone()],
        None => vec![begin, worker.held.guard().to_owned()],
    }
}

/// Undoes the session state of the script, and sets that of the next pipeline.
pub(super) fn settling<'a>(worker: &'a Worker<'_>, link: Link<'_>) -> Vec<&'a str> {
    let mut settle = Vec::new();
    if !link.is_prepared {
        settle.push(TAKE_MARK);
    }
    if !link.is_quiet {
        settle.extend([SETTLE, &worker.settings]);
    }
    // If session state is undone here, its settings are ours; otherwise they are as the previous pipeline left them.
    match (link.is_quiet && link.after.is_some(), link.is_followed) {
        (false, true) => settle.push(READ_ONLY),
        (true, false) => settle.push(READ_WRITE),
        (false, false) | (true, true) => {}
    }
    settle
}

/// Records the revision, and commits.
pub(super) fn closing(id: &str, record: &str, link: Link<'_>) -> String {
    let lazy = (link.commit == Commit::Later).then_some(LAZY);
    let done = link.is_followed.then(|| done(id));
    let steps = lazy.into_iter().chain(done.as_deref()).chain([message::PATH, record, COMMIT]);
    steps.collect::<Vec<&str>>().join("; ")
}

/// Marks the transaction. A missing mark at the end shows a commit that the grammar does not reveal (a string that is read
/// differently with `standard_conforming_strings = off`); the history row, in the same message, is then not written. A script's
/// own savepoints are refused when it is read.
pub const MARK: &str = "SAVEPOINT lockgate_revision";
const TAKE_MARK: &str = "RELEASE SAVEPOINT lockgate_revision";
/// Between two pipelines, the second of which is sent before the first is answered: a transaction without READ WRITE, which BEGIN
/// above sets, cannot write.
const READ_ONLY: &str = "SET default_transaction_read_only = on";
/// Hides it from the script.
const AS_EVER: &str = "SET LOCAL default_transaction_read_only = off";
const READ_WRITE: &str = "SET default_transaction_read_only = off";
const LAZY: &str = "SET LOCAL synchronous_commit = off";
/// Records in the session that a revision is done: a failed commit rolls the record back. It follows RESET ALL, so no script can
/// set it.
fn done(id: &str) -> String {
    format!("SET lockgate.done = {}", quote_literal(id))
}

/// An expression that fails, with `division_by_zero` at the latest, unless this revision, as SQL, was the last one recorded as
/// done.
pub fn follows(id: &str) -> String {
    format!(
        "1 OPERATOR(pg_catalog./) (pg_catalog.current_setting('lockgate.done') OPERATOR(pg_catalog.=) \
         {id}::pg_catalog.text)::pg_catalog.int4"
    )
}

pub const COMMIT: &str = "COMMIT";
pub const ROLLBACK: &str = "ROLLBACK";
