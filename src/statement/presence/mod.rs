//! Questions to the catalog about an object that the model does not hold: the state before the statement, and after it.

mod asked;
mod change;
mod compared;
mod create;
mod operators;
mod options;
mod question;
mod row;
mod text_search;

pub use asked::{Asked, Presence, Way};
pub use question::{Question, Turn};

use crate::sql::nodes::named;
use crate::sql::parse::Node;

/// Returns none if the statement changes no such object, or nothing that needs a question.
pub(super) fn presence(node: &Node) -> Option<Presence> {
    let asked = |asked: Option<Asked>| Some(Presence::Asked(Box::new(asked?)));
    match node {
        Node::CreateForeignServerStmt(s) if s.if_not_exists => Some(Presence::TakesServer(s.servername.clone())),
        Node::CreateForeignTableStmt(s) => {
            let base = s.base_stmt.as_ref().filter(|base| base.if_not_exists)?;
            Some(Presence::TakesTable(named(base.relation.as_ref()?)))
        }
        Node::CreateUserMappingStmt(s) => {
            Some(Presence::Maps { server: s.servername.clone(), asked: Box::new(create::mapping(s)) })
        }
        Node::AlterUserMappingStmt(s) => {
            Some(Presence::Maps { server: s.servername.clone(), asked: Box::new(change::mapping(s)) })
        }
        _ => asked(create::created(node).or_else(|| change::changed(node))),
    }
}
