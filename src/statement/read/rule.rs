//! Rules.

use crate::sql::Template;
use crate::sql::nodes::{marker, named, template};
use crate::sql::parse::{Node, tree};
use crate::statement::change::Act;

pub(super) fn create_rule(s: &tree::RuleStmt) -> Option<Act> {
    let mut build = s.clone();
    build.replace = false;
    build.rulename = Template::NAME.to_owned();
    build.relation = Some(marker(Template::TARGET));
    Some(Act::CreateRule {
        table: named(s.relation.as_ref()?),
        name: s.rulename.clone(),
        replace: s.replace,
        build: template(Node::RuleStmt(Box::new(build)))?,
    })
}
