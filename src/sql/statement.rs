//! A statement of a script: what it is, and what it needs of the session that runs it.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::alone::{self, Trace};
use super::change::{self, Effect};
use super::losing::{self, Taking};
use super::parse::{Node, tree};
use super::presence::{self, Presence};
use super::secret::{self, Secrecy};
use super::walk::{self, Call, Contents};
use super::{fallible, nature, outside, relation_lock, roles, shown};
use crate::chain::compiled::Expectation;
use crate::chain::directive::StatementDirective;
use crate::pg::version::ServerVersion;

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// In bytes of the file's text, from its first word to its last, without comments around it and its `;`.
    pub range: Range<usize>,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
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
    /// Whether it sets or resets lock_timeout itself (RESET ALL does), so that ours must not count on it any more.
    pub sets_lock_timeout: bool,
    /// Whether it sets statement_timeout, which may cancel it or a later one.
    pub sets_statement_timeout: bool,
    /// Whether it is DDL that rows which are there can make fail.
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
        shown::shown(&text[self.range.clone()], self.secrecy)
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
        use change::{Act, DomainAct};
        let Effect::Changes(changes) = &self.effect else { return false };
        let drops = |act: &Act| matches!(act, Act::AlterDomain { act: DomainAct::DropConstraint { .. }, .. });
        changes.last().is_some_and(|change| drops(&change.act))
    }
}

/// What a statement does, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// DDL, rights and comments.
    Definition,
    /// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, and a query with one of them in it.
    Data,
    /// Whatever calls code that the text does not show: DO, CALL, EXECUTE, a query that calls a function.
    Opaque,
    /// A query that calls nothing, SHOW, EXPLAIN.
    Query,
    /// What changes the session alone: SET, RESET, `SELECT set_config(…)`, LISTEN, PREPARE.
    Session,
    /// Repeatable at any time: REFRESH, REINDEX, VACUUM, ANALYZE, CLUSTER, LOCK, NOTIFY, CHECKPOINT.
    Maintenance,
    /// BEGIN, COMMIT and their kin; no statement of a [`super::Script`] is one.
    Transaction,
}

/// Whether a statement can run in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionUse {
    Inside,
    /// On no server.
    Outside,
    /// Not on this server version and newer ones.
    OutsideFrom(ServerVersion),
}

impl TransactionUse {
    /// Whether the statement has to run outside a transaction on this server.
    pub fn is_outside(self, server: ServerVersion) -> bool {
        match self {
            Self::Inside => false,
            Self::Outside => true,
            Self::OutsideFrom(version) => server >= version,
        }
    }
}

/// Whether a statement may queue for a lock on a relation that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockUse {
    None,
    /// It may, and the traffic on the relation queues behind it: it needs a lock_timeout.
    Queues,
}

/// One statement as its tree shows it; its place is added by the script.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// As the parser gives it: with comments after the statement.
    pub range: Range<usize>,
    pub nature: Arc<Nature>,
    pub isolation: Option<Isolation>,
    pub refused: Vec<Refused>,
    /// The name of SAVEPOINT and RELEASE.
    pub savepoint: String,
    pub is_plain_query: bool,
}

impl Deref for Lowered {
    type Target = Nature;

    fn deref(&self) -> &Nature {
        &self.nature
    }
}

impl Lowered {
    /// The same of a text that begins `by` bytes earlier.
    pub(super) fn moved(mut self, by: usize) -> Self {
        self.range = self.range.start + by..self.range.end + by;
        for refused in &mut self.refused {
            if let Refused::AdvisoryUnlock(call) = refused {
                call.offset += by;
            }
        }
        self
    }
}

/// Something in a statement that a gate cannot run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// A transaction command; `plain` is one without options, as it may stand around a whole script.
    Transaction {
        command: &'static str,
        plain: bool,
    },
    DiscardAll,
    CopyFromStdin,
    CopyToStdout,
    AdvisoryUnlock(Call),
}

/// Every statement of a tree, in order.
pub(super) fn lower(text: &str, parsed: &tree::ParseResult) -> Vec<Lowered> {
    parsed.stmts.iter().filter_map(|raw| lower_one(text, raw)).collect()
}

fn lower_one(text: &str, raw: &tree::RawStmt) -> Option<Lowered> {
    let node = raw.stmt.as_deref()?.node.as_ref()?;
    let start = usize::try_from(raw.stmt_location).unwrap_or(0).min(text.len());
    // A length of 0 means: to the end of the text.
    let length = usize::try_from(raw.stmt_len).ok().filter(|&length| length > 0);
    let range = start..length.map_or(text.len(), |length| text.len().min(start + length));
    Some(lower_node(text, node, range))
}

/// A statement of which the node is known.
pub(super) fn lower_node(text: &str, node: &Node, range: Range<usize>) -> Lowered {
    let contents = contents(node, &text[range.clone()]);
    let (kind, tag) = nature::nature(node, &contents);
    let effect = change::effect(node, &text[range.clone()], &tag);
    let nature = Nature {
        tag,
        kind,
        takings: losing::takings_of(node, &effect),
        effect,
        transaction: outside::transaction_use(node),
        trace: alone::trace(node),
        new_label: alone::new_label(node),
        lock: relation_lock::lock_use(node),
        hides: secret::of_node(node, kind, &contents),
        sets_lock_timeout: sets(node, text, &contents, "lock_timeout") || is_reset_of_all(node),
        sets_statement_timeout: sets(node, text, &contents, "statement_timeout"),
        meets_rows: fallible::meets_rows(node),
        roles: roles::named_roles(node),
        presence: presence::presence(node),
        sent: None,
    };
    Lowered {
        range,
        nature: Arc::new(nature),
        isolation: isolation(node),
        refused: refused(node, contents),
        savepoint: match node {
            Node::TransactionStmt(s) => s.savepoint_name.clone(),
            _ => String::new(),
        },
        is_plain_query: matches!(node, Node::SelectStmt(s) if s.into_clause.is_none()),
    }
}

/// True where a text holds a word, in any case of its letters.
pub fn holds(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

/// A walk costs more than the rest together, so it is kept to where its answer matters.
fn contents(node: &Node, sql: &str) -> Contents {
    if nature::reads(node) || holds(sql, UNLOCK) { walk::contents(node) } else { Contents::default() }
}

/// `pg_advisory_unlock`, `_all` and `_shared`.
pub(super) const UNLOCK: &str = "pg_advisory_unlock";

fn refused(node: &Node, contents: Contents) -> Vec<Refused> {
    let unlocks = contents.calls.into_iter().filter(|call| call.name.starts_with(UNLOCK)).map(Refused::AdvisoryUnlock);
    let own = match node {
        Node::TransactionStmt(s) => {
            Some(Refused::Transaction { command: nature::transaction_tag(s), plain: s.options.is_empty() && !s.chain })
        }
        Node::DiscardStmt(s) if s.target() == tree::DiscardMode::DiscardAll => Some(Refused::DiscardAll),
        Node::CopyStmt(s) if s.filename.is_empty() && !s.is_program => {
            Some(if s.is_from { Refused::CopyFromStdin } else { Refused::CopyToStdout })
        }
        _ => None,
    };
    own.into_iter().chain(unlocks).collect()
}

/// SET TRANSACTION, by its isolation level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Isolation {
    /// In capitals; none where it says nothing of it.
    pub level: Option<String>,
    pub is_read_only: bool,
}

fn isolation(node: &Node) -> Option<Isolation> {
    let Node::VariableSetStmt(s) = node else { return None };
    if s.kind() != tree::VariableSetKind::VarSetMulti || s.name != "TRANSACTION" {
        return None;
    }
    let value = |name: &str| outside::option(&s.args, name)?.arg.as_deref()?.node.as_ref();
    let level = match value("transaction_isolation") {
        Some(Node::AConst(level)) => match &level.val {
            Some(tree::a_const::Val::Sval(text)) => Some(text.sval.to_uppercase()),
            _ => None,
        },
        _ => None,
    };
    let is_read_only = match value("transaction_read_only") {
        Some(Node::AConst(flag)) => !matches!(&flag.val, Some(tree::a_const::Val::Ival(number)) if number.ival == 0),
        _ => false,
    };
    Some(Isolation { level, is_read_only })
}

fn is_reset_of_all(node: &Node) -> bool {
    matches!(node, Node::VariableSetStmt(s) if s.kind() == tree::VariableSetKind::VarResetAll)
}

fn sets(node: &Node, text: &str, contents: &Contents, parameter: &str) -> bool {
    match node {
        Node::VariableSetStmt(s) => s.name.eq_ignore_ascii_case(parameter),
        // Its first argument may be any expression: a literal is what people write.
        _ => contents.calls.iter().filter(|call| call.name == "set_config").any(|call| {
            let rest = text.get(call.offset..).unwrap_or_default();
            let literal = rest.split('\'').nth(1).unwrap_or_default();
            literal.eq_ignore_ascii_case(parameter)
        }),
    }
}
