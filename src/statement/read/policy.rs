//! Policies.

use crate::sql::Template;
use crate::sql::nodes::{named, target, template};
use crate::sql::parse::{Node, tree};
use crate::statement::change::Act;

pub(super) fn create_policy(s: &tree::CreatePolicyStmt) -> Option<Act> {
    let mut build = s.clone();
    build.policy_name = Template::NAME.to_owned();
    build.table = Some(target());
    Some(Act::CreatePolicy {
        table: named(s.table.as_ref()?),
        name: s.policy_name.clone(),
        build: template(Node::CreatePolicyStmt(Box::new(build)))?,
    })
}

pub(super) fn alter_policy(s: &tree::AlterPolicyStmt) -> Option<Act> {
    let mut build = s.clone();
    build.policy_name = Template::NAME.to_owned();
    build.table = Some(target());
    Some(Act::AlterPolicy {
        table: named(s.table.as_ref()?),
        name: s.policy_name.clone(),
        build: template(Node::AlterPolicyStmt(Box::new(build)))?,
    })
}
