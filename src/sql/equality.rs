//! Equality of a script's and the server's definitions, by their parse trees: true only if no other meaning is possible.
//!
//! A script's names are resolved, and irrelevant parts of both trees are removed. False also if a text cannot be parsed.

use serde_json::{Value, json};

use super::meaning::{Names, resolved};
use super::qualifier::{plain_query, without_table};
use super::shape::{clean, raw};
use crate::pg::name::QualifiedName;

/// The meaning of a script's words.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// None for the server's own words.
    pub names: Option<&'a dyn Names>,
    /// The table whose columns need no qualifier.
    pub table: Option<&'a QualifiedName>,
}

/// The words of the server: every name is resolved already.
pub const OF_THE_SERVER: Words<'static> = Words { names: None, table: None };

/// True if two expressions are equal.
pub fn is_same_expression(wanted: &str, found: &str, words: Words<'_>) -> bool {
    let select = |expression: &str| format!("SELECT ({expression})");
    is_one(&select(wanted), &select(found), words, Some)
}

/// True if two CREATE of an index, a trigger or a rule are equal, under one name and on one table.
pub fn is_same_statement(wanted: &str, found: &str, words: Words<'_>) -> bool {
    is_one(wanted, found, words, Some)
}

/// True if two CREATE POLICY are equal.
pub fn is_same_policy(wanted: &str, found: &str, words: Words<'_>) -> bool {
    is_one(wanted, found, words, |mut tree| {
        let roles = tree.pointer_mut("/node/CreatePolicyStmt/roles")?.as_array_mut()?;
        roles.sort_by_key(|role| role.pointer("/node/RoleSpec/rolename").and_then(Value::as_str).map(str::to_owned));
        Some(tree)
    })
}

/// True if two CREATE DOMAIN are equal; `own` is the domain's name, from which the server derives others.
pub fn is_same_domain(wanted: &str, found: &str, own: &str, words: Words<'_>) -> bool {
    is_one(wanted, found, words, |mut tree| {
        let domain = tree.pointer_mut("/node/CreateDomainStmt")?;
        let type_ = domain.get("type_name")?.clone();
        let constraints = domain.get_mut("constraints")?.as_array_mut()?;
        let mut unnamed = 0;
        for constraint in constraints.iter_mut().filter_map(|it| it.pointer_mut("/node/Constraint")) {
            let number = |key: &str| constraint.get(key).and_then(Value::as_i64);
            match number("contype") {
                Some(CHECK) if constraint.get("conname").and_then(Value::as_str) == Some("") => {
                    unnamed += 1;
                    constraint["conname"] = json!(chosen(own, unnamed)?);
                }
                Some(DEFAULT) => type_default(constraint, &type_),
                _ => {}
            }
        }
        constraints.retain(|it| it.pointer("/node/Constraint/contype").and_then(Value::as_i64) != Some(NULL));
        // The order is irrelevant: each has a name except for the one default and the one NOT NULL.
        constraints.sort_by_key(|it| {
            let name = it.pointer("/node/Constraint/conname").and_then(Value::as_str).unwrap_or_default();
            (it.pointer("/node/Constraint/contype").and_then(Value::as_i64), name.to_owned())
        });
        Some(tree)
    })
}

/// Numbers of ConstrType (nodes/parsenodes.h), counted from 1.
const NULL: i64 = 1;
const DEFAULT: i64 = 3;
const CHECK: i64 = 6;

/// The server's name for a domain's unnamed CHECK of this number; none if it would be truncated.
fn chosen(own: &str, which: usize) -> Option<String> {
    let number = if which > 1 { (which - 1).to_string() } else { String::new() };
    let name = format!("{own}_check{number}");
    (name.len() < 64).then_some(name)
}

/// A literal as the server stores it: with the domain's type, without its length.
fn type_default(constraint: &mut Value, type_: &Value) {
    let Some(literal) = constraint.get("raw_expr").filter(|it| it.pointer("/node/AConst/val/Sval").is_some()) else {
        return;
    };
    let mut type_ = type_.clone();
    type_["typmods"] = json!([]);
    constraint["raw_expr"] = json!({ "node": { "TypeCast": { "arg": literal, "type_name": type_ } } });
}

/// True if a script's CREATE VIEW equals the query of an existing view.
pub fn is_same_query(wanted: &str, found: &str, words: Words<'_>) -> bool {
    is_one(wanted, &format!("CREATE VIEW own AS {found}"), words, |mut tree| {
        let view = tree.pointer_mut("/node/ViewStmt")?;
        let aliases = view.get("aliases")?.as_array()?.clone();
        let query = view.pointer_mut("/query/node/SelectStmt")?;
        let mut query = plain_query(query.take())?;
        // In a UNION every part would have them.
        if !aliases.is_empty() && query.get("larg").is_none_or(|arm| !arm.is_null()) {
            return None;
        }
        let targets = query.get_mut("target_list")?.as_array_mut()?;
        for (alias, target) in aliases.iter().zip(targets) {
            target.pointer_mut("/node/ResTarget")?["name"] = alias.pointer("/node/String/sval")?.clone();
        }
        Some(query)
    })
}

fn is_one(wanted: &str, found: &str, words: Words<'_>, plain: impl Fn(Value) -> Option<Value>) -> bool {
    let found = || Some(clean(plain(statement(found)?)?));
    let wanted = || {
        let tree = statement(wanted)?;
        let tree = if let Some(names) = words.names { resolved(tree, names)? } else { tree };
        let tree = if let Some(table) = words.table { without_table(tree, table) } else { tree };
        Some(clean(plain(tree)?))
    };
    wanted().is_some_and(|wanted| found() == Some(wanted))
}

/// The single statement of a text, without its table.
fn statement(sql: &str) -> Option<Value> {
    let tree = raw(sql)?;
    let [statement] = tree.get("stmts")?.as_array()?.as_slice() else { return None };
    let mut statement = statement.get("stmt")?.clone();
    for (kind, table) in [
        ("IndexStmt", "relation"),
        ("CreateTrigStmt", "relation"),
        ("RuleStmt", "relation"),
        ("CreatePolicyStmt", "table"),
        ("ViewStmt", "view"),
    ] {
        if let Some(own) = statement.pointer_mut(&format!("/node/{kind}/{table}")) {
            *own = Value::Null;
        }
    }
    Some(statement)
}

#[cfg(test)]
mod tests;
