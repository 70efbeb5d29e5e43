//! Lowers a statement's tree to the facts about the statement.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::facts::Nature;
use super::{command_tag, demand, lock_use, losing, presence, read, roles, secrecy, trace, transaction};
use crate::sql::holds;
use crate::sql::nodes::option;
use crate::sql::parse::{Node, tree};
use crate::sql::walk::{self, Call, Contents};

/// One statement as its tree shows it; the script adds its position.
#[derive(Clone, Debug)]
pub(super) struct Lowered {
    /// The parser's range, which includes comments after the statement.
    pub range: Range<usize>,
    /// The number of statements that were read as this one.
    pub count: usize,
    pub nature: Arc<Nature>,
    pub isolation: Option<Isolation>,
    pub refused: Vec<Refused>,
    /// The name in SAVEPOINT and RELEASE.
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
    /// The same statement in a text that begins `by` bytes earlier.
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
    /// A transaction command; `plain` is one without options, which may enclose a whole script.
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
    // A length of 0 means up to the end of the text.
    let length = usize::try_from(raw.stmt_len).ok().filter(|&length| length > 0);
    let range = start..length.map_or(text.len(), |length| text.len().min(start + length));
    Some(lower_node(text, node, range))
}

/// Lowers a statement whose node is known.
pub(super) fn lower_node(text: &str, node: &Node, range: Range<usize>) -> Lowered {
    let contents = contents(node, &text[range.clone()]);
    let (kind, tag) = command_tag::nature(node, &contents);
    let effect = read::effect(node, &text[range.clone()], &tag);
    let nature = Nature {
        tag,
        kind,
        takings: losing::takings_of(node, &effect),
        effect,
        transaction: transaction::transaction_use(node),
        trace: Some(trace::trace(node)).filter(|trace| *trace != trace::Trace::None).map(Box::new),
        new_label: trace::new_label(node).map(Into::into),
        lock: lock_use::lock_use(node),
        hides: secrecy::of_node(node, kind, &contents),
        sets_lock_timeout: sets(node, text, &contents, "lock_timeout") || is_reset_of_all(node),
        sets_statement_timeout: sets(node, text, &contents, "statement_timeout"),
        meets_rows: demand::meets_rows(node),
        roles: roles::named_roles(node),
        presence: presence::presence(node).map(Box::new),
        sent: None,
    };
    Lowered {
        range,
        count: 1,
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

/// A walk costs more than all the rest, so only statements that need it are walked.
fn contents(node: &Node, sql: &str) -> Contents {
    if command_tag::reads(node) || holds(sql, UNLOCK) { walk::contents(node) } else { Contents::default() }
}

/// `pg_advisory_unlock`, `_all` and `_shared`.
pub(super) const UNLOCK: &str = "pg_advisory_unlock";

fn refused(node: &Node, contents: Contents) -> Vec<Refused> {
    let unlocks = contents.calls.into_iter().filter(|call| call.name.starts_with(UNLOCK)).map(Refused::AdvisoryUnlock);
    let own = match node {
        Node::TransactionStmt(s) => Some(Refused::Transaction {
            command: command_tag::transaction_tag(s),
            plain: s.options.is_empty() && !s.chain,
        }),
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
    /// The level in capitals; none if the statement does not set it.
    pub level: Option<String>,
    pub is_read_only: bool,
}

fn isolation(node: &Node) -> Option<Isolation> {
    let Node::VariableSetStmt(s) = node else { return None };
    if s.kind() != tree::VariableSetKind::VarSetMulti || s.name != "TRANSACTION" {
        return None;
    }
    let value = |name: &str| option(&s.args, name)?.arg.as_deref()?.node.as_ref();
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
        // The first argument may be any expression; people write a literal.
        _ => contents.calls.iter().filter(|call| call.name == "set_config").any(|call| {
            let rest = text.get(call.offset..).unwrap_or_default();
            let literal = rest.split('\'').nth(1).unwrap_or_default();
            literal.eq_ignore_ascii_case(parameter)
        }),
    }
}
