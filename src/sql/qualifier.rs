//! Redundant qualifiers of columns: of the one table of an expression, and of the one relation of a query.

use serde_json::{Map, Value, json};

use super::shape::word;
use crate::pg::name::QualifiedName;

/// An expression over a table without the table's name before its columns. Names within subqueries are kept.
pub(super) fn without_table(value: Value, table: &QualifiedName) -> Value {
    unqualified(value, &|parts| match parts {
        [name] => *name == table.name,
        [schema, name] => *schema == table.schema && *name == table.name,
        _ => false,
    })
}

fn unqualified(value: Value, is_own: &dyn Fn(&[&str]) -> bool) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(|one| unqualified(one, is_own)).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = match key.as_str() {
                        "subselect" => value,
                        "ColumnRef" => column(value, is_own),
                        _ => unqualified(value, is_own),
                    };
                    (key, value)
                })
                .collect(),
        ),
        other => other,
    }
}

fn column(mut column: Value, is_own: &dyn Fn(&[&str]) -> bool) -> Value {
    if let Some(fields) = column.get_mut("fields").and_then(Value::as_array_mut) {
        let parts: Option<Vec<&str>> = fields.iter().map(word).collect();
        let is_owns = parts.is_some_and(|parts| parts.split_last().is_some_and(|(_, before)| is_own(before)));
        if is_owns {
            fields.drain(..fields.len() - 1);
        }
    }
    column
}

/// A query (the content of a SelectStmt) without redundant qualifiers and aliases, and with every column's name. None if a name
/// may mean either an input or an output column.
pub(super) fn plain_query(select: Value) -> Option<Value> {
    let select = named(select);
    is_clear(&select).then(|| leaves(select))
}

/// The query and those of UNION and WITH, none of which can see another's columns.
fn leaves(mut select: Value) -> Value {
    for arm in ["larg", "rarg"] {
        if let Some(arm) = select.get_mut(arm).filter(|arm| !arm.is_null()) {
            *arm = leaves(arm.take());
        }
    }
    let with = select.get("with_clause").cloned().unwrap_or_default();
    if let Some(fields) = select.as_object_mut() {
        fields.insert("with_clause".to_owned(), Value::Null);
    }
    let mut select = match relation(&select) {
        Some((schema, name, has_alias)) if !holds_query(&select) => {
            let is_own = |parts: &[&str]| match parts {
                [own] => *own == name,
                [before, own] => !has_alias && *before == schema && *own == name,
                _ => false,
            };
            let mut plain = unqualified(select, &is_own);
            if let Some(range) = plain.pointer_mut("/from_clause/0/node/RangeVar") {
                range["alias"] = Value::Null;
            }
            plain
        }
        _ => select,
    };
    if let Some(fields) = select.as_object_mut() {
        fields.insert("with_clause".to_owned(), within(with));
    }
    select
}

/// The queries of a WITH.
fn within(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(within).collect()),
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = if key == "SelectStmt" { leaves(value) } else { within(value) };
                    (key, value)
                })
                .collect(),
        ),
        other => other,
    }
}

/// The schema and the name of the one relation that a query reads, with which its columns may be qualified; true for an alias.
fn relation(select: &Value) -> Option<(String, String, bool)> {
    let [from] = select.get("from_clause")?.as_array()?.as_slice() else { return None };
    let range = from.pointer("/node/RangeVar")?;
    let text = |key: &str| range.get(key).and_then(Value::as_str).map(str::to_owned);
    let alias = range.get("alias").filter(|alias| !alias.is_null());
    match alias {
        Some(alias) if alias.get("colnames").and_then(Value::as_array).is_some_and(|names| !names.is_empty()) => None,
        Some(alias) => Some((String::new(), alias.get("aliasname")?.as_str()?.to_owned(), true)),
        None => Some((text("schemaname")?, text("relname")?, false)),
    }
}

fn holds_query(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().any(holds_query),
        Value::Object(fields) => fields.contains_key("SelectStmt") || fields.values().any(holds_query),
        _ => false,
    }
}

/// The query with the name that the server derives for each column.
fn named(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(named).collect()),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields.into_iter().map(|(key, value)| (key, named(value))).collect();
            if fields.contains_key("target_list") {
                name_targets(&mut fields);
            }
            Value::Object(fields)
        }
        other => other,
    }
}

fn name_targets(select: &mut Map<String, Value>) {
    let targets = select.get_mut("target_list").and_then(Value::as_array_mut);
    for target in targets.into_iter().flatten().filter_map(|target| target.pointer_mut("/node/ResTarget")) {
        let is_unnamed = target.get("name").and_then(Value::as_str) == Some("");
        if let Some(name) = target.pointer("/val").filter(|_| is_unnamed).and_then(figured).map(|(name, _)| name) {
            target["name"] = json!(name);
        }
    }
}

/// The server's name for a column, and true if it is more than a type's (FigureColnameInternal, parse_target.c); none for
/// constructs that are omitted here, which keep no name.
fn figured(value: &Value) -> Option<(String, bool)> {
    let node = value.get("node")?;
    let last = |list: &Value| list.as_array()?.last().and_then(word).map(str::to_owned);
    if let Some(column) = node.get("ColumnRef") {
        return last(column.get("fields")?).map(|name| (name, true));
    }
    if let Some(call) = node.get("FuncCall") {
        return last(call.get("funcname")?).map(|name| (name, true));
    }
    if node.get("CoalesceExpr").is_some() {
        return Some(("coalesce".to_owned(), true));
    }
    let cast = node.get("TypeCast")?;
    match cast.get("arg").and_then(figured) {
        Some((name, true)) => Some((name, true)),
        _ => last(cast.pointer("/type_name/names")?).map(|name| (name, false)),
    }
}

/// True if ORDER BY, GROUP BY and DISTINCT ON contain no name that is one column's own and another's alias.
fn is_clear(value: &Value) -> bool {
    match value {
        Value::Array(all) => all.iter().all(is_clear),
        Value::Object(fields) => {
            (!fields.contains_key("target_list") || is_clear_here(fields)) && fields.values().all(is_clear)
        }
        _ => true,
    }
}

fn is_clear_here(select: &Map<String, Value>) -> bool {
    let mut said = Vec::new();
    ["sort_clause", "group_clause", "distinct_clause"]
        .iter()
        .filter_map(|clause| select.get(*clause))
        .for_each(|clause| columns(clause, &mut said));
    let targets = select.get("target_list").and_then(Value::as_array).into_iter().flatten();
    let given = targets.filter_map(|target| {
        let target = target.pointer("/node/ResTarget")?;
        let name = target.get("name")?.as_str().filter(|name| !name.is_empty())?;
        let is_columns_own = target.pointer("/val/node/ColumnRef").and_then(own_name).as_deref() == Some(name);
        (!is_columns_own).then(|| name.to_owned())
    });
    let given: Vec<String> = given.collect();
    !said.iter().any(|name| given.contains(name))
}

fn own_name(column: &Value) -> Option<String> {
    column.get("fields")?.as_array()?.last().and_then(word).map(str::to_owned)
}

fn columns(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| columns(one, found)),
        Value::Object(fields) => {
            found.extend(fields.get("ColumnRef").and_then(own_name));
            fields.values().for_each(|one| columns(one, found));
        }
        _ => {}
    }
}
