//! CREATE PUBLICATION.

use crate::sql::nodes::named;
use crate::sql::parse::{Node, deparse, tree};
use crate::statement::change::Act;

pub(super) fn create_publication(s: &tree::CreatePublicationStmt) -> Option<Act> {
    let table = |object: &tree::Node| match object.node.as_ref()? {
        Node::PublicationObjSpec(object) => Some(named(object.pubtable.as_ref()?.relation.as_ref()?)),
        _ => None,
    };
    let mut only = s.clone();
    only.pubname = "p".to_owned();
    let whole = deparse(Node::CreatePublicationStmt(only))?;
    Some(Act::CreatePublication {
        name: s.pubname.clone(),
        tables: (!s.for_all_tables).then(|| s.pubobjects.iter().filter_map(table).collect()),
        is_plain: s.options.is_empty() && s.pubobjects.iter().all(is_plain_table),
        rest: whole.strip_prefix("CREATE PUBLICATION p").unwrap_or_default().trim().to_owned(),
    })
}

/// A whole table, without a list of columns or a filter.
fn is_plain_table(object: &tree::Node) -> bool {
    let Some(Node::PublicationObjSpec(object)) = &object.node else { return false };
    object.pubtable.as_ref().is_some_and(|table| table.columns.is_empty() && table.where_clause.is_none())
}
