//! Maintenance commands, and parts of a statement that the list of changes does not contain.

use super::{Impact, shown};
use crate::pg::lock_mode::LockMode;
use crate::sql::nodes::named;
use crate::sql::nodes::{detaches_concurrently, is_on, option};
use crate::sql::parse::{Node, tree};

/// Adds the statement's impact; false if its changes contain it.
pub(super) fn add(impact: &mut Impact, node: &Node) -> bool {
    match node {
        Node::RefreshMatViewStmt(s) => {
            let Some(view) = s.relation.as_ref().map(named) else { return true };
            let mode = if s.concurrent { LockMode::Exclusive } else { LockMode::AccessExclusive };
            impact.lock(mode, shown(&view));
            impact.rewrite(shown(&view), "runs the view's query again");
        }
        Node::ReindexStmt(s) => reindex(impact, s),
        Node::VacuumStmt(s) => vacuum(impact, s),
        Node::ClusterStmt(s) => {
            if let Some(table) = s.relation.as_ref().map(named) {
                impact.lock(LockMode::AccessExclusive, shown(&table));
                impact.rewrite(shown(&table), "writes it in the order of an index");
            }
        }
        Node::LockStmt(s) => {
            let mode = LockMode::from_number(s.mode).unwrap_or(LockMode::AccessExclusive);
            for table in s.relations.iter().filter_map(relation) {
                impact.lock(mode, table);
            }
        }
        Node::AlterTableStmt(s) if s.cmds.iter().any(detaches_concurrently) => {
            let Some(parent) = s.relation.as_ref().map(named) else { return true };
            impact.lock(LockMode::ShareUpdateExclusive, shown(&parent));
        }
        Node::DropStmt(s) if s.concurrent => {
            for index in s.objects.iter().filter_map(crate::sql::nodes::listed_in) {
                impact.lock(LockMode::ShareUpdateExclusive, format!("the table of index {}", shown(&index)));
            }
        }
        _ => return false,
    }
    true
}

fn relation(node: &tree::Node) -> Option<String> {
    match &node.node {
        Some(Node::RangeVar(relation)) => Some(shown(&named(relation))),
        _ => None,
    }
}

fn reindex(impact: &mut Impact, s: &tree::ReindexStmt) {
    use tree::ReindexObjectType as Reindex;
    let Some(relation) = s.relation.as_ref().map(named) else { return };
    let concurrently = is_on(option(&s.params, "concurrently"));
    let mode = if concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share };
    let on = if s.kind() == Reindex::ReindexObjectIndex {
        if !concurrently {
            impact.lock(LockMode::AccessExclusive, format!("index {}", shown(&relation)));
        }
        format!("the table of index {}", shown(&relation))
    } else {
        shown(&relation)
    };
    impact.lock(mode, on.clone());
    impact.scan(on, "builds indexes again");
}

fn vacuum(impact: &mut Impact, s: &tree::VacuumStmt) {
    let full = is_on(option(&s.options, "full"));
    for node in &s.rels {
        let Some(Node::VacuumRelation(one)) = &node.node else { continue };
        let Some(table) = one.relation.as_ref().map(named) else { continue };
        let mode = if full { LockMode::AccessExclusive } else { LockMode::ShareUpdateExclusive };
        impact.lock(mode, shown(&table));
        match (s.is_vacuumcmd, full) {
            (true, true) => impact.rewrite(shown(&table), "VACUUM FULL writes it anew"),
            (true, false) => impact.scan(shown(&table), "VACUUM reads it"),
            (false, _) => {}
        }
    }
}
