//! CREATE TYPE … AS RANGE.

use crate::sql::Template;
use crate::sql::nodes::{listed, string, template};
use crate::sql::parse::{Node, tree};
use crate::statement::change::Act;

pub(super) fn create_range(s: &tree::CreateRangeStmt) -> Option<Act> {
    let mut build = s.clone();
    build.type_name = vec![string(Template::NAME)];
    Some(Act::CreateRange { name: listed(&s.type_name)?, build: template(Node::CreateRangeStmt(build))? })
}
