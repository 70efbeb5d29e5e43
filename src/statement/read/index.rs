//! CREATE INDEX, and the server's names for an index's keys.

use crate::sql::Template;
use crate::sql::nodes::{column_names, listed, named, not_empty, target, template};
use crate::sql::parse::{Node, tree, with_tree};
use crate::sql::walk;
use crate::statement::change::{Act, IndexKey, NewIndex};

pub(super) fn create_index(s: &tree::IndexStmt) -> Option<Act> {
    let relation = s.relation.as_ref()?;
    let elements = || s.index_params.iter().filter_map(element);
    Some(Act::CreateIndex(Box::new(NewIndex {
        name: not_empty(&s.idxname),
        table: named(relation),
        if_not_exists: s.if_not_exists,
        concurrently: s.concurrent,
        unique: s.unique,
        only: !relation.inh,
        method: not_empty(&s.access_method).unwrap_or_else(|| "btree".to_owned()),
        keys: elements().map(|key| IndexKey { column: not_empty(&key.name), label: label(key) }).collect(),
        include: s.index_including_params.iter().filter_map(element).map(|one| one.name.clone()).collect(),
        columns: columns(s),
        build: build(s)?,
    })))
}

fn element(node: &tree::Node) -> Option<&tree::IndexElem> {
    match &node.node {
        Some(Node::IndexElem(element)) => Some(element),
        _ => None,
    }
}

fn columns(s: &tree::IndexStmt) -> Vec<String> {
    let all = s.index_params.iter().chain(&s.index_including_params).filter_map(element);
    let plain = all.filter(|element| !element.name.is_empty()).map(|element| element.name.clone());
    let inside = s.index_params.iter().chain(s.where_clause.as_deref());
    let mentioned = inside.flat_map(|part| column_names(&walk::contents(part).columns));
    crate::sql::nodes::once(plain.chain(mentioned))
}

fn build(s: &tree::IndexStmt) -> Option<Template> {
    let mut index = s.clone();
    index.idxname = Template::NAME.to_owned();
    index.relation = Some(target());
    index.concurrent = false;
    index.if_not_exists = false;
    template(Node::IndexStmt(Box::new(index)))
}

impl Template {
    /// The names of an index's columns; those of expressions as the server chooses them.
    pub fn key_labels(&self) -> Option<Vec<String>> {
        let labels = with_tree(&self.sql, |_, tree| match tree.stmts.first()?.stmt.as_deref()?.node.as_ref()? {
            Node::IndexStmt(index) => {
                let all = index.index_params.iter().chain(&index.index_including_params);
                Some(all.filter_map(element).map(label).collect())
            }
            _ => None,
        });
        labels.ok().flatten()
    }
}

/// The server's name for the key's column in the index.
pub(super) fn label(element: &tree::IndexElem) -> String {
    let chosen = not_empty(&element.indexcolname).or_else(|| not_empty(&element.name));
    chosen.or_else(|| figure(element.expr.as_deref()?).map(|(name, _)| name)).unwrap_or_else(|| "expr".to_owned())
}

/// `FigureColnameInternal` of the server's `parse_target.c`: the name, and true if it is a strong one.
pub(super) fn figure(node: &tree::Node) -> Option<(String, bool)> {
    let good = |name: &str| Some((name.to_owned(), true));
    match node.node.as_ref()? {
        Node::ColumnRef(column) => Some((last_name(&column.fields)?, true)),
        Node::AIndirection(indirection) => match last_name(&indirection.indirection) {
            Some(name) => Some((name, true)),
            None => figure(indirection.arg.as_deref()?),
        },
        Node::FuncCall(call) => Some((listed(&call.funcname)?.name, true)),
        Node::AExpr(expr) if expr.kind() == tree::AExprKind::AexprNullif => good("nullif"),
        Node::TypeCast(cast) => better(cast.arg.as_deref(), || Some(listed(&cast.type_name.as_ref()?.names)?.name)),
        Node::CaseExpr(case) => better(case.defresult.as_deref(), || Some("case".to_owned())),
        Node::CollateClause(clause) => figure(clause.arg.as_deref()?),
        Node::SubLink(link) => sublink(link),
        Node::SqlvalueFunction(function) => good(value_function(function.op())),
        Node::MinMaxExpr(expr) => good(if expr.op() == tree::MinMaxOp::IsLeast { "least" } else { "greatest" }),
        other => good(by_kind(other)?),
    }
}

/// The name of the inner node if it is a strong one; otherwise `other`, a weak one.
fn better(inside: Option<&tree::Node>, other: impl FnOnce() -> Option<String>) -> Option<(String, bool)> {
    let inside = inside.and_then(figure).filter(|(_, is_good)| *is_good);
    inside.or_else(|| Some((other()?, false)))
}

fn last_name(fields: &[tree::Node]) -> Option<String> {
    crate::sql::nodes::strings(fields).pop()
}

/// Constructs with a fixed name, independent of their arguments.
fn by_kind(node: &Node) -> Option<&'static str> {
    Some(match node {
        Node::GroupingFunc(_) => "grouping",
        Node::AArrayExpr(_) => "array",
        Node::RowExpr(_) => "row",
        Node::CoalesceExpr(_) => "coalesce",
        Node::XmlSerialize(_) => "xmlserialize",
        Node::XmlExpr(expr) => match expr.op() {
            tree::XmlExprOp::IsXmlconcat => "xmlconcat",
            tree::XmlExprOp::IsXmlelement => "xmlelement",
            tree::XmlExprOp::IsXmlforest => "xmlforest",
            tree::XmlExprOp::IsXmlparse => "xmlparse",
            tree::XmlExprOp::IsXmlpi => "xmlpi",
            tree::XmlExprOp::IsXmlroot => "xmlroot",
            _ => return None,
        },
        Node::JsonParseExpr(_) => "json",
        Node::JsonScalarExpr(_) => "json_scalar",
        Node::JsonSerializeExpr(_) => "json_serialize",
        Node::JsonObjectConstructor(_) => "json_object",
        Node::JsonArrayConstructor(_) | Node::JsonArrayQueryConstructor(_) => "json_array",
        Node::JsonObjectAgg(_) => "json_objectagg",
        Node::JsonArrayAgg(_) => "json_arrayagg",
        Node::JsonFuncExpr(expr) => match expr.op() {
            tree::JsonExprOp::JsonExistsOp => "json_exists",
            tree::JsonExprOp::JsonQueryOp => "json_query",
            tree::JsonExprOp::JsonValueOp => "json_value",
            _ => return None,
        },
        _ => return None,
    })
}

fn sublink(link: &tree::SubLink) -> Option<(String, bool)> {
    use tree::SubLinkType as Kind;
    match link.sub_link_type() {
        Kind::ExistsSublink => Some(("exists".to_owned(), true)),
        Kind::ArraySublink => Some(("array".to_owned(), true)),
        Kind::ExprSublink => match link.subselect.as_deref()?.node.as_ref()? {
            Node::SelectStmt(select) => match select.target_list.first()?.node.as_ref()? {
                Node::ResTarget(target) => Some((target_name(target)?, true)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// The name of a query's column; none for `*`.
pub(super) fn target_name(target: &tree::ResTarget) -> Option<String> {
    let value = target.val.as_deref()?;
    let fields = match value.node.as_ref()? {
        Node::ColumnRef(column) => column.fields.as_slice(),
        Node::AIndirection(indirection) => &indirection.indirection,
        _ => &[],
    };
    if matches!(fields.last().map(|last| &last.node), Some(Some(Node::AStar(_)))) {
        return None;
    }
    let chosen = || figure(value).map_or_else(|| "?column?".to_owned(), |(name, _)| name);
    Some(not_empty(&target.name).unwrap_or_else(chosen))
}

fn value_function(op: tree::SqlValueFunctionOp) -> &'static str {
    use tree::SqlValueFunctionOp as Op;
    match op {
        Op::SvfopCurrentDate => "current_date",
        Op::SvfopCurrentTime | Op::SvfopCurrentTimeN => "current_time",
        Op::SvfopCurrentTimestamp | Op::SvfopCurrentTimestampN => "current_timestamp",
        Op::SvfopLocaltime | Op::SvfopLocaltimeN => "localtime",
        Op::SvfopLocaltimestamp | Op::SvfopLocaltimestampN => "localtimestamp",
        Op::SvfopCurrentRole => "current_role",
        Op::SvfopCurrentUser => "current_user",
        Op::SvfopUser => "user",
        Op::SvfopSessionUser => "session_user",
        Op::SvfopCurrentCatalog => "current_catalog",
        Op::SvfopCurrentSchema => "current_schema",
        Op::SqlvalueFunctionOpUndefined => "expr",
    }
}
