//! Facts about a definition that its tree has and its text does not show.

use std::fmt;

use crate::sql::parse::{Node, tree};
use crate::sql::walk;

/// The facts of a template. A template whose kind of object does not have a fact says no.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(super) is_altered: bool,
    pub(super) takes_new_columns: bool,
    pub(super) has_expression: bool,
    pub(super) holds_a_moment: bool,
}

impl Facts {
    pub(crate) fn of(node: &Node) -> Self {
        match node {
            Node::ViewStmt(view) => {
                view.query.as_deref().map_or_else(Self::default, |query| Self::of_query(&walk::contents(query)))
            }
            Node::IndexStmt(index) => Self { has_expression: has_expression(index), ..Self::default() },
            _ => Self::default(),
        }
    }

    /// The facts of a view over a query.
    pub(crate) fn of_query(found: &walk::Contents) -> Self {
        let is_star = |column: &walk::Mention| column.names.last().is_some_and(|name| name == "*");
        Self {
            takes_new_columns: found.joins_naturally || found.columns.iter().any(is_star),
            holds_a_moment: found.moment,
            ..Self::default()
        }
    }

    /// The facts of an object that is altered after its creation.
    pub(super) fn altered(self) -> Self {
        Self { is_altered: true, ..self }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = [
            ("is altered", self.is_altered),
            ("takes new columns", self.takes_new_columns),
            ("has an expression", self.has_expression),
            ("holds a moment", self.holds_a_moment),
        ];
        f.debug_list().entries(facts.iter().filter(|(_, is)| *is).map(|(fact, _)| fact)).finish()
    }
}

fn has_expression(index: &tree::IndexStmt) -> bool {
    let is_expression = |key: &tree::Node| matches!(&key.node, Some(Node::IndexElem(key)) if key.expr.is_some());
    index.where_clause.is_some() || index.index_params.iter().any(is_expression)
}
