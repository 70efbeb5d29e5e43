//! Statements that may queue for a lock on an existing relation and hold up the traffic behind them.

use super::kind::LockUse::{self, None, Queues};
use super::object_words;
use crate::sql::nodes::{detaches_concurrently, is_on, option};
use crate::sql::parse::{Node, tree};

/// Returns [`LockUse::Queues`] if the statement needs a lock_timeout. An unknown form gets one: the timeout does no harm.
///
/// `None`: data and session statements, statements that create an object and touch no other, and the forms that are made to wait
/// patiently (CONCURRENTLY, VALIDATE CONSTRAINT): their locks let the traffic through.
pub(super) fn lock_use(node: &Node) -> LockUse {
    match node {
        Node::AlterTableStmt(s) => none_if(s.cmds.iter().all(waits_patiently)),
        Node::IndexStmt(s) => none_if(s.concurrent),
        Node::DropStmt(s) => none_if(s.concurrent),
        Node::ReindexStmt(s) => none_if(is_on(option(&s.params, "concurrently"))),
        Node::RefreshMatViewStmt(s) => none_if(s.concurrent),
        Node::VacuumStmt(s) => none_if(!is_on(option(&s.options, "full"))),
        Node::CreateStmt(s) => none_if(stands_alone(s)),
        Node::CreateForeignTableStmt(s) => none_if(s.base_stmt.as_ref().is_none_or(stands_alone)),
        Node::CreateSchemaStmt(s) => none_if(s.schema_elts.is_empty()),
        Node::ViewStmt(s) => none_if(!s.replace),
        Node::RenameStmt(s) => none_if(!object_words::hangs_on_a_relation(s.rename_type)),
        Node::AlterObjectSchemaStmt(s) => none_if(!object_words::hangs_on_a_relation(s.object_type)),
        Node::AlterOwnerStmt(s) => none_if(!object_words::hangs_on_a_relation(s.object_type)),
        Node::AlterObjectDependsStmt(s) => none_if(!object_words::hangs_on_a_relation(s.object_type)),
        Node::CommentStmt(s) => none_if(!object_words::hangs_on_a_relation(s.objtype)),
        Node::SecLabelStmt(s) => none_if(!object_words::hangs_on_a_relation(s.objtype)),
        Node::LockStmt(_)
        | Node::TruncateStmt(_)
        | Node::ClusterStmt(_)
        | Node::CreateTrigStmt(_)
        | Node::CreatePolicyStmt(_)
        | Node::AlterPolicyStmt(_)
        | Node::RuleStmt(_)
        | Node::CreateStatsStmt(_)
        | Node::AlterStatsStmt(_)
        | Node::AlterSeqStmt(_)
        | Node::AlterDomainStmt(_)
        | Node::AlterExtensionStmt(_)
        | Node::AlterExtensionContentsStmt(_)
        | Node::AlterTableMoveAllStmt(_)
        | Node::CreatePublicationStmt(_)
        | Node::AlterPublicationStmt(_)
        | Node::DropOwnedStmt(_)
        | Node::ReassignOwnedStmt(_) => Queues,
        _ => None,
    }
}

fn none_if(condition: bool) -> LockUse {
    if condition { None } else { Queues }
}

fn waits_patiently(command: &tree::Node) -> bool {
    let validates = match &command.node {
        Some(Node::AlterTableCmd(command)) => command.subtype() == tree::AlterTableType::AtValidateConstraint,
        _ => false,
    };
    validates || detaches_concurrently(command)
}

/// True if a new table locks no other: it has no parent, and no foreign key, which locks the table that it references.
fn stands_alone(table: &tree::CreateStmt) -> bool {
    table.inh_relations.is_empty() && table.partbound.is_none() && !table.table_elts.iter().any(has_foreign_key)
}

fn has_foreign_key(element: &tree::Node) -> bool {
    match &element.node {
        Some(Node::Constraint(constraint)) => constraint.contype() == tree::ConstrType::ConstrForeign,
        Some(Node::ColumnDef(column)) => column.constraints.iter().any(has_foreign_key),
        _ => false,
    }
}
