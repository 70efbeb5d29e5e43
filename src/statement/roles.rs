//! The roles that a statement names, in any clause.

use crate::sql::nodes::option;
use crate::sql::nodes::role;
use crate::sql::parse::{Node, tree};

/// The roles without PUBLIC and without those that mean the session's own.
pub(super) fn named_roles(node: &Node) -> Vec<String> {
    let mut found = match node {
        Node::CreatePolicyStmt(s) => all(&s.roles),
        Node::AlterPolicyStmt(s) => all(&s.roles),
        Node::AlterDefaultPrivilegesStmt(s) => defaults(s),
        Node::VariableSetStmt(s) => set(s),
        Node::CreateSchemaStmt(s) => one(s.authrole.as_ref()),
        Node::AlterRoleStmt(s) => one(s.role.as_ref()).into_iter().chain(members(&s.options)).collect(),
        Node::AlterRoleSetStmt(s) => one(s.role.as_ref()),
        Node::CreateRoleStmt(s) => members(&s.options),
        Node::GrantStmt(s) => all(&s.grantees),
        Node::GrantRoleStmt(s) => {
            let granted = s.granted_roles.iter().filter_map(|node| match &node.node {
                Some(Node::AccessPriv(role)) => Some(role.priv_name.clone()),
                _ => None,
            });
            granted.chain(all(&s.grantee_roles)).collect()
        }
        Node::AlterOwnerStmt(s) => one(s.newowner.as_ref()),
        Node::ReassignOwnedStmt(s) => all(&s.roles).into_iter().chain(one(s.newrole.as_ref())).collect(),
        Node::DropOwnedStmt(s) => all(&s.roles),
        Node::CreateUserMappingStmt(s) => one(s.user.as_ref()),
        Node::AlterTableStmt(s) => s.cmds.iter().flat_map(new_owner).collect(),
        _ => Vec::new(),
    };
    found.retain(|name| !matches!(name.as_str(), "public" | "current_role" | "current_user" | "session_user"));
    found.sort_unstable();
    found.dedup();
    found
}

fn one(spec: Option<&tree::RoleSpec>) -> Vec<String> {
    spec.map(role).into_iter().collect()
}

fn all(list: &[tree::Node]) -> Vec<String> {
    list.iter().filter_map(spec).map(role).collect()
}

fn spec(node: &tree::Node) -> Option<&tree::RoleSpec> {
    match &node.node {
        Some(Node::RoleSpec(spec)) => Some(spec),
        _ => None,
    }
}

/// SET ROLE and SET SESSION AUTHORIZATION.
fn set(s: &tree::VariableSetStmt) -> Vec<String> {
    let is_role = matches!(s.name.as_str(), "role" | "session_authorization");
    let name = s.args.first().filter(|_| is_role).and_then(|arg| match &arg.node {
        Some(Node::AConst(value)) => match &value.val {
            Some(tree::a_const::Val::Sval(text)) => Some(text.sval.clone()),
            _ => None,
        },
        _ => None,
    });
    name.filter(|name| !name.eq_ignore_ascii_case("none")).into_iter().collect()
}

/// ALTER DEFAULT PRIVILEGES: FOR ROLE and the grantees.
fn defaults(s: &tree::AlterDefaultPrivilegesStmt) -> Vec<String> {
    let of = option(&s.options, "roles").and_then(|option| match option.arg.as_deref()?.node.as_ref()? {
        Node::List(list) => Some(all(&list.items)),
        _ => None,
    });
    let to = s.action.as_ref().map(|action| all(&action.grantees));
    of.into_iter().chain(to).flatten().collect()
}

/// IN ROLE, ROLE and ADMIN.
fn members(options: &[tree::Node]) -> Vec<String> {
    let lists = ["addroleto", "rolemembers", "adminmembers"].into_iter().filter_map(|name| option(options, name));
    let names = lists.filter_map(|option| match option.arg.as_deref()?.node.as_ref()? {
        Node::List(list) => Some(all(&list.items)),
        _ => None,
    });
    names.flatten().collect()
}

fn new_owner(command: &tree::Node) -> Vec<String> {
    match &command.node {
        Some(Node::AlterTableCmd(command)) => one(command.newowner.as_ref()),
        _ => Vec::new(),
    }
}
