//! The SQL before and after the statements of a script.

use crate::pg::name::quote_literal;
use crate::plan::Step;

/// Undoes the session state of a script inside its own transaction, before the history row. The row is then written by the
/// session's own role, and a deferred constraint fails here, with a place, instead of at COMMIT.
pub const SETTLE: &str = "SET CONSTRAINTS ALL IMMEDIATE; RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; \
                          DEALLOCATE ALL; UNLISTEN *; DISCARD TEMP";

/// BEGIN; a script may set another isolation level at its top.
pub fn begin(steps: &[Step]) -> String {
    let level = steps.first().and_then(|step| step.statement.isolation.as_deref());
    format!("BEGIN ISOLATION LEVEL {} READ WRITE", level.unwrap_or("READ COMMITTED"))
}

/// Marks the transaction. A missing mark at the end shows a commit that the grammar does not reveal (a string that is read
/// differently with `standard_conforming_strings = off`); the history row, in the same message, is then not written. A script's
/// own savepoints are refused when it is read.
pub const MARK: &str = "SAVEPOINT lockgate_revision";
pub const TAKE_MARK: &str = "RELEASE SAVEPOINT lockgate_revision";
/// Between two pipelines, the second of which is sent before the first is answered: a transaction without READ WRITE, which BEGIN
/// above sets, cannot write.
pub const READ_ONLY: &str = "SET default_transaction_read_only = on";
/// Hides it from the script.
pub const AS_EVER: &str = "SET LOCAL default_transaction_read_only = off";
pub const READ_WRITE: &str = "SET default_transaction_read_only = off";
pub const LAZY: &str = "SET LOCAL synchronous_commit = off";
/// Records in the session that a revision is done: a failed commit rolls the record back. It follows RESET ALL, so no script can
/// set it.
pub fn done(id: &str) -> String {
    format!("SET lockgate.done = {}", quote_literal(id))
}

/// An expression that fails, with `division_by_zero` at the latest, unless this revision was the last one recorded as done.
pub fn follows(id: &str) -> String {
    format!(
        "1 OPERATOR(pg_catalog./) (pg_catalog.current_setting('lockgate.done') OPERATOR(pg_catalog.=) \
         {}::pg_catalog.text)::pg_catalog.int4",
        quote_literal(id)
    )
}

pub const COMMIT: &str = "COMMIT";
pub const ROLLBACK: &str = "ROLLBACK";
