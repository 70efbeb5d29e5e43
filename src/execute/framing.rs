//! The words before and after the statements of a script.

use crate::pg::name::quote_literal;
use crate::plan::Step;

/// Everything that a script may have left is undone inside its own transaction, before the history row, so that the row
/// is written by the session's own role, and a deferred constraint fails here, with a place, instead of at COMMIT.
pub const SETTLE: &str = "SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; \
                          DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP";

/// A script may ask for another isolation level at its top.
pub fn begin(steps: &[Step]) -> String {
    let level = steps.first().and_then(|step| step.statement.isolation.as_deref());
    format!("BEGIN ISOLATION LEVEL {} READ WRITE", level.unwrap_or("READ COMMITTED"))
}

/// Marks the transaction. A mark that is gone at its end was committed by something that the grammar does not show (a
/// string that `standard_conforming_strings = off` reads otherwise); then the history row, in the same message, is not
/// written. A script's own savepoints are refused when it is read.
pub const MARK: &str = "SAVEPOINT lockgate_revision";
pub const TAKE_MARK: &str = "RELEASE SAVEPOINT lockgate_revision";
/// Between two pipelines of which the second is sent before the first is answered: a transaction that does not say READ
/// WRITE, as BEGIN above does, writes nothing.
pub const READ_ONLY: &str = "SET default_transaction_read_only = on";
/// A script sees none of it.
pub const AS_EVER: &str = "SET LOCAL default_transaction_read_only = off";
pub const READ_WRITE: &str = "SET default_transaction_read_only = off";
pub const LAZY: &str = "SET LOCAL synchronous_commit = off";
/// Notes in the session that a revision is done: the note is taken back with the transaction where its commit fails. It stands
/// behind RESET ALL, so nothing of a script can write it.
pub fn done(id: &str) -> String {
    format!("SET lockgate.done = {}", quote_literal(id))
}

/// An expression that fails, with `division_by_zero` at the latest, where a revision is not the last that was noted so.
pub fn follows(id: &str) -> String {
    format!(
        "1 OPERATOR(pg_catalog./) (pg_catalog.current_setting('lockgate.done') OPERATOR(pg_catalog.=) \
         {}::pg_catalog.text)::pg_catalog.int4",
        quote_literal(id)
    )
}

pub const COMMIT: &str = "COMMIT";
pub const ROLLBACK: &str = "ROLLBACK";
