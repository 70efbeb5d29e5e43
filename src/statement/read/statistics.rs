//! CREATE STATISTICS.

use crate::sql::Template;
use crate::sql::nodes::{listed, named, not_empty, string, target, template, wrap};
use crate::sql::parse::{Node, tree};
use crate::statement::change::Act;

pub(super) fn create_statistics(s: &tree::CreateStatsStmt) -> Option<Act> {
    let [relation] = s.relations.as_slice() else { return None };
    let Some(Node::RangeVar(relation)) = &relation.node else { return None };
    let columns = s.exprs.iter().filter_map(|element| match &element.node {
        Some(Node::StatsElem(element)) => not_empty(&element.name),
        _ => None,
    });
    let mut build = s.clone();
    build.if_not_exists = false;
    build.defnames = vec![string(Template::NAME)];
    build.relations = vec![wrap(Node::RangeVar(target()))];
    Some(Act::CreateStatistics {
        name: listed(&s.defnames),
        table: named(relation),
        if_not_exists: s.if_not_exists,
        columns: columns.collect(),
        build: template(Node::CreateStatsStmt(build))?,
    })
}
