//! A statement of a script: what it is, and what it needs of the session that runs it.

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
    /// In bytes of the file's text, from its first word to its last, without comments around it and its `;`.
    pub range: Range<usize>,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The number of statements that it stands for: INSERTs of plain rows, one after another.
    pub count: usize,
    /// The literals that are never shown.
    pub secrecy: Secrecy,
    /// In the order of the script.
    pub directives: Box<[StatementDirective]>,
    /// SET TRANSACTION at the top of a script: the isolation level with which its transactions begin.
    pub isolation: Option<Box<str>>,
    pub(super) nature: Arc<Nature>,
}

/// The facts of a statement that do not depend on its place: one for many in a row that differ in their values alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nature {
    /// The server's command tag, with CONCURRENTLY where the statement says so: `ALTER TABLE`, `CREATE INDEX CONCURRENTLY`.
    pub tag: String,
    pub kind: Kind,
    pub effect: Effect,
    /// What it takes away.
    pub takings: Vec<Taking>,
    pub transaction: TransactionUse,
    /// How to tell whether it ran, where it runs outside a transaction.
    pub trace: Trace,
    /// The label that it adds to an enum.
    pub new_label: Option<String>,
    pub lock: LockUse,
    /// The literals that are never shown, as far as its kind tells.
    pub(super) hides: Secrecy,
    /// True where it sets or resets lock_timeout itself (RESET ALL does), so that ours must not count on it any more.
    pub sets_lock_timeout: bool,
    /// True where it sets statement_timeout, which may cancel it or a later one.
    pub sets_statement_timeout: bool,
    /// True where it is DDL that rows which are there can make fail.
    pub meets_rows: bool,
    /// The roles that it names.
    pub roles: Vec<String>,
    /// Set for an unjudged definition.
    pub presence: Option<Presence>,
    /// The SQL that is sent in its place: the rows of a COPY FROM STDIN as an INSERT.
    pub sent: Option<String>,
}

impl Deref for Statement {
    type Target = Nature;

    fn deref(&self) -> &Nature {
        &self.nature
    }
}

impl Statement {
    /// Gives it one more directive, behind those that it has.
    pub fn direct(&mut self, directive: StatementDirective) {
        self.directives = std::mem::take(&mut self.directives).into_iter().chain([directive]).collect();
    }

    /// How it must be answered.
    pub fn expectations(&self) -> impl Iterator<Item = &Expectation> {
        self.directives.iter().filter_map(|directive| match directive {
            StatementDirective::Expect(expectation) => Some(expectation),
            _ => None,
        })
    }

    /// What it does to a schema counts for nothing: it leads to what is there already.
    pub fn changes_nothing(&mut self) {
        Arc::make_mut(&mut self.nature).effect = Effect::Repeatable;
    }

    /// As it is sent, out of its file's text.
    pub fn sql<'a>(&'a self, text: &'a str) -> &'a str {
        self.sent.as_deref().unwrap_or(&text[self.range.clone()])
    }

    /// In one line of about 200 characters at most, every secret cut: for logs, plans and pages. `text` is its file's.
    pub fn shown(&self, text: &str) -> String {
        redact::shown(&text[self.range.clone()], self.secrecy)
    }

    /// True for code that ends transactions where it is outside of any.
    pub fn may_end_transactions(&self) -> bool {
        matches!(self.tag.as_str(), "DO" | "CALL")
    }

    /// Sends code that may end transactions outside of any.
    pub fn send_alone(&mut self) {
        if self.may_end_transactions() {
            Arc::make_mut(&mut self.nature).transaction = TransactionUse::Outside;
        }
    }

    /// True where PostgreSQL takes no change behind a savepoint right after it: it leaves messages to other sessions unsent
    /// (PostgreSQL source: `PrepareInvalidationState`).
    pub fn bears_no_savepoint_behind_it(&self) -> bool {
        let Effect::Changes(changes) = &self.effect else { return false };
        let drops = |act: &Act| matches!(act, Act::AlterDomain { act: DomainAct::DropConstraint { .. }, .. });
        changes.last().is_some_and(|change| drops(&change.act))
    }
}
