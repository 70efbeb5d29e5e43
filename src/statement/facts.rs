//! A statement of a script: its kind and its effect, and its needs of the session that runs it.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::change::{Act, DomainAct, Effect};
use super::kind::{Kind, LockUse, TransactionUse};
use super::losing::Taking;
use super::presence::Presence;
use super::trace::Trace;
use crate::chain::compiled::Expectation;
use crate::chain::directive::StatementDirective;
use crate::sql::Secrecy;
use crate::sql::redact;

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Bytes of the file's text, from the statement's first word to its last, without surrounding comments and its `;`.
    pub range: Range<usize>,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The number of statements that were read as this one: consecutive INSERTs of plain rows.
    pub count: usize,
    /// The literals that are never shown.
    pub secrecy: Secrecy,
    /// The line that is shown in place of the statement, if its tool put values into it.
    pub(super) written: Option<Box<str>>,
    /// In the order of the script.
    pub directives: Box<[StatementDirective]>,
    /// The isolation level of the script's transactions, from a SET TRANSACTION at the top of the script.
    pub isolation: Option<Box<str>>,
    pub(super) nature: Arc<Nature>,
}

/// The facts of a statement that do not depend on its position. Consecutive statements that differ only in their values share
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nature {
    /// The server's command tag, with CONCURRENTLY where the statement says so: `ALTER TABLE`, `CREATE INDEX CONCURRENTLY`.
    pub tag: String,
    pub kind: Kind,
    pub effect: Effect,
    /// The objects, rows and values that the statement takes away.
    pub takings: Vec<Taking>,
    pub transaction: TransactionUse,
    /// The evidence that it ran; boxed, because few statements run outside a transaction.
    pub(super) trace: Option<Box<Trace>>,
    /// The label that the statement adds to an enum.
    pub new_label: Option<Box<str>>,
    pub lock: LockUse,
    /// The literals that are never shown, as far as the statement's kind decides.
    pub(super) hides: Secrecy,
    /// True if the statement sets or resets lock_timeout (RESET ALL does): the gate's own value no longer holds.
    pub sets_lock_timeout: bool,
    /// True if the statement sets statement_timeout, which may cancel this statement or a later one.
    pub sets_statement_timeout: bool,
    /// True for DDL that existing rows can make fail.
    pub meets_rows: bool,
    /// The roles that the statement names.
    pub roles: Vec<String>,
    /// Set for an unjudged definition.
    pub presence: Option<Box<Presence>>,
    /// The SQL that is sent instead: for a COPY FROM STDIN the INSERT of its rows.
    pub sent: Option<Box<str>>,
}

impl Deref for Statement {
    type Target = Nature;

    fn deref(&self) -> &Nature {
        &self.nature
    }
}

impl Statement {
    /// Appends a directive.
    pub fn direct(&mut self, directive: StatementDirective) {
        self.directives = std::mem::take(&mut self.directives).into_iter().chain([directive]).collect();
    }

    /// The answers that its directives require.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        self.directives.iter().filter_map(|directive| match directive {
            StatementDirective::Expect(expectation) => Some(expectation),
            _ => None,
        })
    }

    /// Marks the statement as one without effect on the schema: it leads to the existing state.
    pub fn changes_nothing(&mut self) {
        Arc::make_mut(&mut self.nature).effect = Effect::Repeatable;
    }

    /// The evidence that it ran, if it runs outside a transaction.
    pub fn trace(&self) -> &Trace {
        self.trace.as_deref().unwrap_or(&Trace::None)
    }

    /// The SQL that is sent, from the text of its file.
    pub fn sql<'a>(&'a self, text: &'a str) -> &'a str {
        self.sent.as_deref().unwrap_or(&text[self.range.clone()])
    }

    /// The statement in one line of about 200 characters at most, every secret redacted: for logs, plans and pages. `text` is its
    /// file's.
    pub fn shown(&self, text: &str) -> String {
        match &self.written {
            Some(written) => written.to_string(),
            None => redact::shown(&text[self.range.clone()], self.secrecy),
        }
    }

    /// True for code that ends transactions if it runs outside of one.
    pub fn may_end_transactions(&self) -> bool {
        matches!(self.tag.as_str(), "DO" | "CALL")
    }

    /// Moves code that may end transactions outside of any transaction.
    pub fn send_alone(&mut self) {
        if self.may_end_transactions() {
            Arc::make_mut(&mut self.nature).transaction = TransactionUse::Outside;
        }
    }

    /// True if PostgreSQL refuses a change behind a savepoint that directly follows: the statement leaves invalidation messages
    /// unprocessed (PostgreSQL source: `PrepareInvalidationState`).
    pub fn bears_no_savepoint_behind_it(&self) -> bool {
        let Effect::Changes(changes) = &self.effect else { return false };
        let drops = |act: &Act| matches!(act, Act::AlterDomain { act: DomainAct::DropConstraint { .. }, .. });
        changes.last().is_some_and(|change| drops(&change.act))
    }
}
