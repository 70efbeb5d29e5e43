//! GRANT and REVOKE of rights on objects and of roles.

use crate::sql::nodes::{not_empty, roles, strings};
use crate::sql::parse::{Node, tree};
use crate::statement::change::Act;

/// A change for each object and each list of columns, with a statement of its own.
pub(super) fn grant(s: &tree::GrantStmt) -> Option<Vec<(Act, tree::GrantStmt)>> {
    if s.targtype() != tree::GrantTargetType::AclTargetObject {
        return None;
    }
    let mut groups: Vec<(Vec<String>, Vec<tree::Node>)> = Vec::new();
    for node in &s.privileges {
        let columns = strings(&privilege(node)?.cols);
        match groups.iter_mut().find(|(others, _)| *others == columns) {
            Some((_, nodes)) => nodes.push(node.clone()),
            None => groups.push((columns, vec![node.clone()])),
        }
    }
    if groups.is_empty() {
        groups.push((Vec::new(), Vec::new()));
    }
    let mut all = Vec::new();
    for object in &s.objects {
        for (columns, privileges) in &groups {
            let act = Act::Grant {
                grant: s.is_grant,
                object: super::naming::object(s.objtype, object)?,
                privileges: privileges.iter().filter_map(|one| not_empty(&privilege(one)?.priv_name)).collect(),
                columns: columns.clone(),
                grantees: roles(&s.grantees),
                option: s.grant_option,
            };
            let privileges = privileges.clone();
            all.push((act, tree::GrantStmt { objects: vec![object.clone()], privileges, ..s.clone() }));
        }
    }
    Some(all)
}

fn privilege(node: &tree::Node) -> Option<&tree::AccessPriv> {
    match &node.node {
        Some(Node::AccessPriv(privilege)) => Some(privilege),
        _ => None,
    }
}

pub(super) fn grant_role(s: &tree::GrantRoleStmt) -> Option<Act> {
    let roles_granted = s.granted_roles.iter().filter_map(privilege).map(|one| one.priv_name.clone());
    Some(Act::GrantRole { grant: s.is_grant, roles: roles_granted.collect(), grantees: roles(&s.grantee_roles) })
}
