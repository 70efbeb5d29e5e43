//! Small readers for every kind of statement: names, lists, options, expressions.

use super::parse::{Node, deparse, tree, with_tree};
use super::template::Facts;
use super::walk;
use super::{Expr, Named, Template, TypeName};

pub(crate) fn text(node: &tree::Node) -> Option<&str> {
    match &node.node {
        Some(Node::String(part)) => Some(&part.sval),
        _ => None,
    }
}

/// The strings of a list, in order.
pub(crate) fn strings(list: &[tree::Node]) -> Vec<String> {
    list.iter().filter_map(text).map(str::to_owned).collect()
}

pub(crate) fn not_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn string(text: &str) -> tree::Node {
    tree::Node { node: Some(Node::String(tree::String { sval: text.to_owned() })) }
}

pub(crate) fn named(relation: &tree::RangeVar) -> Named {
    Named { schema: not_empty(&relation.schemaname), name: relation.relname.clone() }
}

/// A name whose parts are the strings of a list; the last one is the object's own.
pub(crate) fn listed(list: &[tree::Node]) -> Option<Named> {
    let mut parts = strings(list);
    Some(Named { name: parts.pop()?, schema: parts.pop() })
}

/// A name in a list of names, as in DROP.
pub(crate) fn listed_in(node: &tree::Node) -> Option<Named> {
    match &node.node {
        Some(Node::List(list)) => listed(&list.items),
        _ => None,
    }
}

pub(crate) fn inner(node: &Option<Box<tree::Node>>) -> Option<&Node> {
    node.as_deref()?.node.as_ref()
}

/// A relation that holds the place of another in a template.
pub(crate) fn marker(name: &str) -> tree::RangeVar {
    tree::RangeVar { relname: name.to_owned(), inh: true, relpersistence: "p".to_owned(), ..tree::RangeVar::default() }
}

pub(crate) fn target() -> tree::RangeVar {
    marker(Template::TARGET)
}

pub(crate) fn template(node: Node) -> Option<Template> {
    let facts = Facts::of(&node);
    deparse(node).map(|sql| Template::with_facts(sql, facts))
}

pub(crate) fn wrap(node: Node) -> tree::Node {
    tree::Node { node: Some(node) }
}

/// An expression as SQL.
pub(crate) fn expression_sql(value: &tree::Node) -> Option<String> {
    constant_sql(value).or_else(|| deparsed(value))
}

fn deparsed(value: &tree::Node) -> Option<String> {
    let target = tree::ResTarget { val: Some(Box::new(value.clone())), ..tree::ResTarget::default() };
    let select = tree::SelectStmt {
        target_list: vec![wrap(Node::ResTarget(Box::new(target)))],
        limit_option: tree::LimitOption::Default.into(),
        op: tree::SetOperation::SetopNone.into(),
        ..tree::SelectStmt::default()
    };
    deparse(Node::SelectStmt(Box::new(select)))?.strip_prefix("SELECT ").map(str::to_owned)
}

/// A constant as the parser would deparse it, without calling it: most defaults are constants.
fn constant_sql(value: &tree::Node) -> Option<String> {
    use tree::a_const::Val;
    let Some(Node::AConst(constant)) = &value.node else { return None };
    Some(match constant.val.as_ref()? {
        Val::Ival(number) => number.ival.to_string(),
        Val::Boolval(value) => value.boolval.to_string(),
        Val::Sval(text) if !text.sval.contains('\\') => format!("'{}'", text.sval.replace('\'', "''")),
        Val::Sval(_) | Val::Fval(_) | Val::Bsval(_) => return None,
    })
}

pub(crate) fn expression(value: &tree::Node) -> Option<Expr> {
    if let Some(sql) = constant_sql(value) {
        return Some(Expr { sql, columns: Vec::new(), calls: Vec::new(), nextval: None });
    }
    let found = walk::contents(value);
    Some(Expr {
        sql: expression_sql(value)?,
        columns: column_names(&found.columns),
        calls: calls(&found.calls),
        nextval: nextval(value).map(Box::new),
    })
}

/// The last name of every column reference, without duplicates and without `*`.
pub(crate) fn column_names(columns: &[walk::Mention]) -> Vec<String> {
    once(columns.iter().filter_map(|column| column.names.last()).filter(|name| *name != "*").cloned())
}

pub(crate) fn calls(calls: &[walk::Call]) -> Vec<Named> {
    once(calls.iter().map(|call| Named { schema: call.schema.clone(), name: call.name.clone() }))
}

/// The items without duplicates, in their order.
pub(crate) fn once<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen.shrink_to_fit();
    seen
}

fn nextval(value: &tree::Node) -> Option<Named> {
    let Some(Node::FuncCall(call)) = &value.node else { return None };
    if listed(&call.funcname)?.name != "nextval" {
        return None;
    }
    regclass(call.args.first()?)
}

/// The name in `'s.t'` or `'s.t'::regclass`.
pub(crate) fn regclass(value: &tree::Node) -> Option<Named> {
    match value.node.as_ref()? {
        Node::TypeCast(cast) => regclass(cast.arg.as_deref()?),
        _ => name_in(&constant(value)?),
    }
}

fn name_in(text: &str) -> Option<Named> {
    let (schema, name) = crate::pg::name::split_name(text).ok()?;
    Some(Named { schema, name })
}

/// The value of a constant, as text.
pub(crate) fn constant(value: &tree::Node) -> Option<String> {
    match value.node.as_ref()? {
        Node::AConst(constant) => match constant.val.as_ref()? {
            tree::a_const::Val::Sval(text) => Some(text.sval.clone()),
            tree::a_const::Val::Ival(number) => Some(number.ival.to_string()),
            tree::a_const::Val::Fval(number) => Some(number.fval.clone()),
            tree::a_const::Val::Boolval(value) => Some(value.boolval.to_string()),
            tree::a_const::Val::Bsval(bits) => Some(bits.bsval.clone()),
        },
        other => value_text(other),
    }
}

/// The value of an option: `70`, `on`, a word, a type's name.
pub(crate) fn value_text(value: &Node) -> Option<String> {
    Some(match value {
        Node::String(text) => text.sval.clone(),
        Node::Integer(number) => number.ival.to_string(),
        Node::Float(number) => number.fval.clone(),
        Node::Boolean(value) => value.boolval.to_string(),
        Node::TypeName(type_) => strings(&type_.names).pop()?,
        Node::AConst(_) => return constant(&wrap(value.clone())),
        Node::List(list) => list.items.iter().filter_map(constant).collect::<Vec<_>>().join(","),
        _ => return None,
    })
}

/// Options with their values; an option without a value is on.
pub(crate) fn options(list: &[tree::Node]) -> Vec<(String, String)> {
    let option = |option: &tree::Node| match &option.node {
        Some(Node::DefElem(element)) => {
            Some((option_name(element), inner(&element.arg).and_then(value_text).unwrap_or_else(|| "true".to_owned())))
        }
        _ => None,
    };
    list.iter().filter_map(option).collect()
}

pub(crate) fn option_name(element: &tree::DefElem) -> String {
    match element.defnamespace.as_str() {
        "" => element.defname.clone(),
        namespace => format!("{namespace}.{}", element.defname),
    }
}

pub(crate) fn role(role: &tree::RoleSpec) -> String {
    use tree::RoleSpecType as Kind;
    match role.roletype() {
        Kind::RolespecCurrentRole => "current_role".to_owned(),
        Kind::RolespecCurrentUser => "current_user".to_owned(),
        Kind::RolespecSessionUser => "session_user".to_owned(),
        Kind::RolespecPublic => "public".to_owned(),
        Kind::RolespecCstring | Kind::Undefined => role.rolename.clone(),
    }
}

pub(crate) fn roles(list: &[tree::Node]) -> Vec<String> {
    let one = |node: &tree::Node| match &node.node {
        Some(Node::RoleSpec(spec)) => Some(role(spec)),
        _ => None,
    };
    list.iter().filter_map(one).collect()
}

/// A type as SQL.
pub(crate) fn type_text(type_: &tree::TypeName) -> Option<String> {
    type_name(type_).map(|type_| type_.sql())
}

pub(crate) fn type_name(type_: &tree::TypeName) -> Option<TypeName> {
    let named = listed(&type_.names)?;
    let serial = match named.name.as_str() {
        "serial" | "serial4" => Some("serial"),
        "bigserial" | "serial8" => Some("bigserial"),
        "smallserial" | "serial2" => Some("smallserial"),
        _ => None,
    };
    let modifier = |modifier: &tree::Node| constant(modifier).or_else(|| expression_sql(modifier));
    Some(TypeName {
        name: serial.filter(|_| named.schema.is_none()).map_or(named.name, str::to_owned),
        schema: named.schema,
        modifiers: type_.typmods.iter().filter_map(modifier).collect(),
        is_array: !type_.array_bounds.is_empty(),
        is_set: type_.setof,
        is_reference: type_.pct_type,
    })
}

pub(crate) fn first_letter(text: &str) -> Option<char> {
    text.chars().next()
}

pub(crate) fn cascades(behavior: tree::DropBehavior) -> bool {
    behavior == tree::DropBehavior::DropCascade
}

/// The option of that name; the last one of duplicates.
pub(crate) fn option<'a>(options: &'a [tree::Node], name: &str) -> Option<&'a tree::DefElem> {
    options.iter().rev().find_map(|option| match &option.node {
        Some(Node::DefElem(element)) if element.defname.eq_ignore_ascii_case(name) => Some(element.as_ref()),
        _ => None,
    })
}

/// True if a boolean option is on, as `defGetBoolean` reads it: on without a value.
pub(crate) fn is_on(option: Option<&tree::DefElem>) -> bool {
    let Some(option) = option else { return false };
    match option.arg.as_deref().and_then(|arg| arg.node.as_ref()) {
        Some(Node::Boolean(value)) => value.boolval,
        Some(Node::Integer(value)) => value.ival != 0,
        Some(Node::String(value)) => !matches!(value.sval.to_ascii_lowercase().as_str(), "false" | "off" | "0"),
        _ => true,
    }
}

pub(crate) fn detaches_concurrently(command: &tree::Node) -> bool {
    let Some(Node::AlterTableCmd(command)) = &command.node else { return false };
    match command.def.as_deref().and_then(|def| def.node.as_ref()) {
        Some(Node::PartitionCmd(partition)) => partition.concurrent,
        _ => false,
    }
}

/// Passes the only statement of a text to `read`, with the text.
pub(crate) fn with_only<R: Send>(sql: &str, read: impl FnOnce(&Node, &str) -> Option<R> + Send) -> Option<R> {
    let read = with_tree(sql, |text, tree| match tree.stmts.as_slice() {
        [only] => read(only.stmt.as_deref()?.node.as_ref()?, text),
        _ => None,
    });
    read.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_reads_as_the_parser_writes_it() {
        for text in
            ["1", "-1", "'it''s'", "''", "'é'", "true", "FALSE", "'a\\b'", "1.5", "NULL", "- 5", "'\t'", "2147483647"]
        {
            let of = |read: fn(&tree::Node) -> Option<String>| {
                let value = |_: &str, tree: &tree::ParseResult| {
                    let Some(Node::SelectStmt(s)) = &tree.stmts[0].stmt.as_ref()?.node else { return None };
                    let Some(Node::ResTarget(target)) = &s.target_list[0].node else { return None };
                    read(target.val.as_deref()?)
                };
                with_tree(&format!("SELECT {text}"), value).unwrap()
            };
            assert!(of(deparsed).is_some());
            assert_eq!(of(expression_sql), of(deparsed));
        }
    }
}
