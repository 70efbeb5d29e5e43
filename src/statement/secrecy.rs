//! The literals of a statement that may be secrets, as far as its kind decides.

use super::kind::Kind;
use crate::sql::Secrecy;
use crate::sql::parse::Node;
use crate::sql::walk::{Call, Contents};

/// The secrecy of a statement of this kind.
pub(super) fn of_node(node: &Node, kind: Kind, contents: &Contents) -> Secrecy {
    let closed = match node {
        // These strings may be code, and contain strings of their own.
        Node::DoStmt(_) | Node::CreateFunctionStmt(_) => return Secrecy::Code,
        Node::CreateUserMappingStmt(_)
        | Node::AlterUserMappingStmt(_)
        | Node::CreateForeignServerStmt(_)
        | Node::AlterForeignServerStmt(_)
        | Node::CreateFdwStmt(_)
        | Node::AlterFdwStmt(_)
        | Node::CreateForeignTableStmt(_)
        | Node::ImportForeignSchemaStmt(_)
        | Node::CreateSubscriptionStmt(_)
        | Node::AlterSubscriptionStmt(_)
        | Node::NotifyStmt(_)
        | Node::CallStmt(_)
        | Node::ExecuteStmt(_) => true,
        Node::CopyStmt(copy) => copy.is_program,
        // Without a column list, no value shows its column.
        Node::InsertStmt(insert) => insert.cols.is_empty(),
        Node::CreateTrigStmt(trigger) => !trigger.args.is_empty(),
        _ => kind == Kind::Opaque && !contents.calls.iter().all(is_servers_own),
    };
    if closed { Secrecy::Closed } else { Secrecy::Open }
}

/// A built-in function that takes no secret. The author of any other function decides what it takes.
fn is_servers_own(call: &Call) -> bool {
    let own = ["nextval", "currval", "setval", "lastval", "format", "count", "now", "current_setting", "set_config"];
    call.schema.as_ref().is_none_or(|schema| schema == "pg_catalog")
        && (call.name.starts_with("pg_") || call.name.starts_with("to_reg") || own.contains(&call.name.as_str()))
}
