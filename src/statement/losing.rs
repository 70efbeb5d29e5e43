//! Objects, rows and values that a statement takes away, as far as its text tells. The catalog says if they exist and what
//! depends on them.

use super::change::{Act, AttributeAct, Change, Conversion, Effect, Object, RelationKind, TableAct};
use super::command_tag;
use super::condition::is_always_true;
use super::read::effect;
use crate::sql::Named;
use crate::sql::TypeName;
use crate::sql::nodes::{is_on, option};
use crate::sql::parse::{self, Node, tree};
use crate::sql::walk;

/// One thing that a statement takes away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taking {
    /// DROP; with CASCADE also of every dependent object.
    Drop {
        object: Object,
        cascade: bool,
    },
    /// DROP of an object of one of the [`PlainCatalog`]s.
    DropPlain {
        catalog: PlainCatalog,
        name: String,
        cascade: bool,
    },
    DropOwned {
        roles: Vec<String>,
        cascade: bool,
    },
    DropDatabase(String),
    /// TRUNCATE; without ONLY also of the table's children.
    Truncate {
        table: Named,
        only: bool,
        cascade: bool,
    },
    /// DELETE without a condition, or with one that is always true.
    Delete {
        table: Named,
        only: bool,
    },
    /// ALTER COLUMN … TYPE.
    Convert {
        table: Named,
        column: String,
        to: TypeName,
        by: Conversion,
    },
}

impl Taking {
    /// True if rows or values can be lost: without CASCADE, PostgreSQL drops nothing that contains rows along with an object.
    pub fn may_lose(&self) -> bool {
        match self {
            Self::Drop { cascade, object } => {
                let holds_rows = matches!(
                    object,
                    Object::Relation { kind: RelationKind::Table | RelationKind::Sequence, .. }
                        | Object::Column { .. }
                        | Object::Extension(_)
                );
                *cascade || holds_rows
            }
            Self::DropPlain { cascade, .. } => *cascade,
            Self::DropOwned { .. }
            | Self::DropDatabase(_)
            | Self::Truncate { .. }
            | Self::Delete { .. }
            | Self::Convert { .. } => true,
        }
    }
}

/// A catalog whose objects have one name, without a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainCatalog {
    Language,
    AccessMethod,
    ForeignServer,
    ForeignDataWrapper,
}

/// The takings and the effect of each statement of a text; empty if the text does not parse.
pub fn takings(sql: &str) -> Vec<(Vec<Taking>, Effect)> {
    let read = |text: &str, tree: &tree::ParseResult| {
        let nodes = tree.stmts.iter().filter_map(|raw| raw.stmt.as_deref()?.node.as_ref());
        let one = |node: &Node| {
            let contents = if command_tag::reads(node) { walk::contents(node) } else { walk::Contents::default() };
            let effect = effect(node, text, &command_tag::nature(node, &contents).1);
            (takings_of(node, &effect), effect)
        };
        nodes.map(one).collect()
    };
    parse::with_tree(sql, read).unwrap_or_default()
}

/// The takings of one statement.
pub(super) fn takings_of(node: &Node, effect: &Effect) -> Vec<Taking> {
    let mut all = match effect {
        Effect::Changes(changes) => changes.iter().filter_map(of_change).collect(),
        _ => Vec::new(),
    };
    all.extend(of_node(node));
    all
}

fn of_change(change: &Change) -> Option<Taking> {
    let drop = |object: &Object, cascade: bool| Taking::Drop { object: object.clone(), cascade };
    match &change.act {
        Act::Drop { object: Object::Other(_), .. } => None,
        Act::Drop { object, cascade, .. } => Some(drop(object, *cascade)),
        Act::AlterComposite { name, act: AttributeAct::Drop { name: attribute, .. } } => {
            Some(drop(&Object::Attribute { type_: name.clone(), attribute: attribute.clone() }, true))
        }
        Act::AlterTable { table, act, .. } => match act {
            TableAct::DropColumn { column, cascade, .. } => {
                Some(drop(&Object::Column { table: table.clone(), column: column.clone() }, *cascade))
            }
            TableAct::DropConstraint { name, cascade, .. } => {
                Some(drop(&Object::Constraint { table: table.clone(), name: name.clone() }, *cascade))
            }
            TableAct::SetType { column, type_, using, .. } => Some(Taking::Convert {
                table: table.clone(),
                column: column.clone(),
                to: type_.clone(),
                by: Conversion::of(using.as_deref(), column),
            }),
            _ => None,
        },
        _ => None,
    }
}

/// The takings that the list of changes does not contain.
fn of_node(node: &Node) -> Vec<Taking> {
    match node {
        Node::TruncateStmt(s) => {
            let cascade = s.behavior() == tree::DropBehavior::DropCascade;
            let table = |node: &tree::Node| match &node.node {
                Some(Node::RangeVar(table)) => {
                    Some(Taking::Truncate { table: named(table), only: !table.inh, cascade })
                }
                _ => None,
            };
            s.relations.iter().filter_map(table).collect()
        }
        Node::DropStmt(s) => dropped_plain(s),
        Node::DropOwnedStmt(s) => {
            let role = |node: &tree::Node| match &node.node {
                Some(Node::RoleSpec(role)) => Some(crate::sql::nodes::role(role)),
                _ => None,
            };
            let cascade = s.behavior() == tree::DropBehavior::DropCascade;
            vec![Taking::DropOwned { roles: s.roles.iter().filter_map(role).collect(), cascade }]
        }
        Node::DropdbStmt(s) => vec![Taking::DropDatabase(s.dbname.clone())],
        Node::DeleteStmt(s) => {
            let own = s.relation.as_ref().filter(|_| is_always_true(&s.where_clause));
            let own = own.map(|table| Taking::Delete { table: named(table), only: !table.inh });
            own.into_iter().chain(with(&s.with_clause)).collect()
        }
        Node::MergeStmt(s) => merged(s).into_iter().chain(with(&s.with_clause)).collect(),
        Node::SelectStmt(s) => with(&s.with_clause),
        Node::UpdateStmt(s) => with(&s.with_clause),
        Node::InsertStmt(s) => with(&s.with_clause).into_iter().chain(inside(s.select_stmt.as_deref())).collect(),
        Node::CopyStmt(s) => inside(s.query.as_deref()),
        Node::ExplainStmt(s) if is_on(option(&s.options, "analyze")) => inside(s.query.as_deref()),
        _ => Vec::new(),
    }
}

fn named(relation: &tree::RangeVar) -> Named {
    crate::sql::nodes::named(relation)
}

fn inside(node: Option<&tree::Node>) -> Vec<Taking> {
    node.and_then(|node| node.node.as_ref()).map(of_node).unwrap_or_default()
}

/// The queries of a WITH, which may delete rows.
fn with(clause: &Option<tree::WithClause>) -> Vec<Taking> {
    let queries = clause.iter().flat_map(|with| &with.ctes).filter_map(|cte| match &cte.node {
        Some(Node::CommonTableExpr(cte)) => cte.ctequery.as_deref(),
        _ => None,
    });
    queries.flat_map(|query| inside(Some(query))).collect()
}

/// A MERGE that deletes every row that it matches and matches every row, or that deletes every row that its source lacks.
fn merged(s: &tree::MergeStmt) -> Option<Taking> {
    let is_all = |when: &tree::Node| {
        let Some(Node::MergeWhenClause(when)) = &when.node else { return false };
        let meets = match when.match_kind() {
            tree::MergeMatchKind::MergeWhenMatched => is_always_true(&s.join_condition),
            tree::MergeMatchKind::MergeWhenNotMatchedBySource => true,
            _ => false,
        };
        when.command_type() == tree::CmdType::CmdDelete && meets && is_always_true(&when.condition)
    };
    let table = s.relation.as_ref().filter(|_| s.merge_when_clauses.iter().any(is_all))?;
    Some(Taking::Delete { table: named(table), only: !table.inh })
}

fn dropped_plain(s: &tree::DropStmt) -> Vec<Taking> {
    use tree::ObjectType as Type;
    let catalog = match s.remove_type() {
        Type::ObjectLanguage => PlainCatalog::Language,
        Type::ObjectAccessMethod => PlainCatalog::AccessMethod,
        Type::ObjectForeignServer => PlainCatalog::ForeignServer,
        Type::ObjectFdw => PlainCatalog::ForeignDataWrapper,
        _ => return Vec::new(),
    };
    let cascade = s.behavior() == tree::DropBehavior::DropCascade;
    let one = |node: &tree::Node| match &node.node {
        Some(Node::String(name)) => Some(Taking::DropPlain { catalog, name: name.sval.clone(), cascade }),
        _ => None,
    };
    s.objects.iter().filter_map(one).collect()
}

#[cfg(test)]
#[path = "losing_tests.rs"]
mod tests;
