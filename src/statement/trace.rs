//! The trace in the catalog of a statement that runs outside a transaction: a retry needs it to know if the statement ran.

use crate::sql::Named;
use crate::sql::nodes::{detaches_concurrently, is_on, listed_in, named, option};
use crate::sql::parse::{Node, tree};

/// The evidence, after a crash, that the statement ran.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Trace {
    /// CREATE INDEX CONCURRENTLY: it ran if the index is valid; an INVALID index is a leftover. `name` is none if the server
    /// chooses it.
    NewIndex { table: Named, name: Option<String> },
    /// DROP INDEX CONCURRENTLY: repeated unless the index is gone.
    GoneIndex { index: Named },
    /// REINDEX … CONCURRENTLY: repeatable once the INVALID `_ccnew` and `_ccold` indexes of the scope are dropped.
    Rebuilt { scope: Scope },
    /// DETACH PARTITION CONCURRENTLY: pending (to be finished), done, or not begun.
    Detached { parent: Named, partition: Named },
    /// VACUUM, CLUSTER, REINDEX without CONCURRENTLY, ALTER SYSTEM: idempotent.
    Repeatable,
    /// The catalog of this database contains no evidence.
    None,
}

/// The objects among which REINDEX leaves its leftovers.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Scope {
    Index(Named),
    Table(Named),
    Schema(String),
    Database,
}

pub(super) fn trace(node: &Node) -> Trace {
    match node {
        Node::IndexStmt(s) => match &s.relation {
            Some(table) => {
                Trace::NewIndex { table: named(table), name: (!s.idxname.is_empty()).then(|| s.idxname.clone()) }
            }
            None => Trace::None,
        },
        Node::DropStmt(s) => {
            s.objects.first().and_then(listed_in).map_or(Trace::None, |index| Trace::GoneIndex { index })
        }
        Node::ReindexStmt(s) if is_on(option(&s.params, "concurrently")) => Trace::Rebuilt { scope: scope(s) },
        Node::ReindexStmt(_) | Node::VacuumStmt(_) | Node::ClusterStmt(_) | Node::AlterSystemStmt(_) => {
            Trace::Repeatable
        }
        Node::AlterTableStmt(s) => detached(s).unwrap_or(Trace::None),
        _ => Trace::None,
    }
}

fn scope(s: &tree::ReindexStmt) -> Scope {
    use tree::ReindexObjectType as Kind;
    match (s.kind(), &s.relation) {
        (Kind::ReindexObjectIndex, Some(index)) => Scope::Index(named(index)),
        (Kind::ReindexObjectTable, Some(table)) => Scope::Table(named(table)),
        (Kind::ReindexObjectSchema, _) => Scope::Schema(s.name.clone()),
        _ => Scope::Database,
    }
}

fn detached(s: &tree::AlterTableStmt) -> Option<Trace> {
    let command = s.cmds.iter().find(|command| detaches_concurrently(command))?;
    let Some(Node::AlterTableCmd(command)) = &command.node else { return None };
    let Some(Node::PartitionCmd(partition)) = command.def.as_deref()?.node.as_ref() else { return None };
    Some(Trace::Detached { parent: named(s.relation.as_ref()?), partition: named(partition.name.as_ref()?) })
}

/// The label that ALTER TYPE … ADD VALUE adds: unusable before its transaction commits.
pub(super) fn new_label(node: &Node) -> Option<String> {
    match node {
        Node::AlterEnumStmt(s) if s.old_val.is_empty() => Some(s.new_val.clone()),
        _ => None,
    }
}
