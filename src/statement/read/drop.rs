//! DROP, one change for each object.

use super::alone;
use super::naming::object;
use crate::sql::nodes::{cascades, roles};
use crate::sql::parse::{Node, tree};
use crate::statement::change::{Act, Change, Effect, Object};

pub(super) fn drop(s: &tree::DropStmt) -> Option<Effect> {
    let change = |node: &tree::Node| {
        let object = object(s.remove_type, node)?;
        let act = Act::Drop { object, if_exists: s.missing_ok, cascade: cascades(s.behavior()) };
        let only = || Node::DropStmt(tree::DropStmt { objects: vec![node.clone()], ..s.clone() });
        let alone = if s.objects.len() > 1 { Some(alone(only(), &act)?) } else { None };
        Some(Change { act, alone, guarded: false })
    };
    Some(Effect::Changes(s.objects.iter().map(change).collect::<Option<_>>()?))
}

pub(super) fn drop_role(s: &tree::DropRoleStmt) -> Option<Effect> {
    let change = |role: (String, &tree::Node)| {
        let only = tree::DropRoleStmt { roles: vec![role.1.clone()], missing_ok: s.missing_ok };
        let act = Act::Drop { object: Object::Role(role.0), if_exists: s.missing_ok, cascade: false };
        let alone = if s.roles.len() > 1 { Some(alone(Node::DropRoleStmt(only), &act)?) } else { None };
        Some(Change { act, alone, guarded: false })
    };
    Some(Effect::Changes(roles(&s.roles).into_iter().zip(&s.roles).map(change).collect::<Option<_>>()?))
}
