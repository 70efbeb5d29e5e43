//! Statements that the server refuses inside a transaction (`PreventInTransactionBlock` in its sources, 13 to 18).

use super::kind::TransactionUse::{self, Inside, Outside, OutsideFrom};
use crate::pg::version::ServerVersion;
use crate::sql::nodes::{detaches_concurrently, is_on, option};
use crate::sql::parse::{Node, tree};

/// The statement's relation to a transaction. If the catalog decides, the common case is assumed: the server refuses a
/// partitioned table in REINDEX (14) or CLUSTER (15), and a subscription has its slot.
pub(super) fn transaction_use(node: &Node) -> TransactionUse {
    match node {
        Node::CreatedbStmt(_)
        | Node::DropdbStmt(_)
        | Node::CreateTableSpaceStmt(_)
        | Node::DropTableSpaceStmt(_)
        | Node::AlterSystemStmt(_)
        | Node::DropSubscriptionStmt(_) => Outside,
        Node::AlterDatabaseStmt(s) => outside_if(option(&s.options, "tablespace").is_some()),
        Node::IndexStmt(s) => outside_if(s.concurrent),
        Node::DropStmt(s) => outside_if(s.concurrent),
        Node::ReindexStmt(s) => outside_if(is_on(option(&s.params, "concurrently")) || reindexes_many(s)),
        Node::VacuumStmt(s) => outside_if(s.is_vacuumcmd),
        Node::ClusterStmt(s) => outside_if(s.relation.is_none()),
        Node::CreateSubscriptionStmt(s) => {
            let connects = option(&s.options, "connect").is_none_or(|o| is_on(Some(o)));
            outside_if(option(&s.options, "create_slot").map_or(connects, |o| is_on(Some(o))))
        }
        Node::AlterSubscriptionStmt(s) => alter_subscription(s),
        Node::AlterTableStmt(s) if s.cmds.iter().any(detaches_concurrently) => OutsideFrom(ServerVersion(140_000)),
        _ => Inside,
    }
}

fn outside_if(condition: bool) -> TransactionUse {
    if condition { Outside } else { Inside }
}

fn alter_subscription(s: &tree::AlterSubscriptionStmt) -> TransactionUse {
    use tree::AlterSubscriptionType as Alter;
    match s.kind() {
        Alter::AlterSubscriptionRefresh => OutsideFrom(ServerVersion(140_000)),
        Alter::AlterSubscriptionSetPublication
        | Alter::AlterSubscriptionAddPublication
        | Alter::AlterSubscriptionDropPublication
            if option(&s.options, "refresh").is_none_or(|o| is_on(Some(o))) =>
        {
            OutsideFrom(ServerVersion(140_000))
        }
        Alter::AlterSubscriptionOptions if option(&s.options, "failover").is_some() => {
            OutsideFrom(ServerVersion(170_000))
        }
        Alter::AlterSubscriptionOptions if option(&s.options, "two_phase").is_some() => {
            OutsideFrom(ServerVersion(180_000))
        }
        _ => Inside,
    }
}

fn reindexes_many(s: &tree::ReindexStmt) -> bool {
    use tree::ReindexObjectType as Reindex;
    matches!(s.kind(), Reindex::ReindexObjectSchema | Reindex::ReindexObjectSystem | Reindex::ReindexObjectDatabase)
}
