//! Trees without insignificant parts, and the names that they mention.
//!
//! Positions in the text and the form of a function call (AT TIME ZONE, EXTRACT, TRIM) are removed; `pg_catalog.f` becomes `f`, a
//! cast of an ARRAY applies to its elements, and a literal's cast to varchar is redundant under one to text.

use serde_json::{Map, Value, json};

use super::Named;
use super::parse::with_tree;
use crate::chain::scan::{self, Kind};

/// The names on which an expression's meaning depends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    pub calls: Vec<Named>,
    /// The operators, including those that a keyword stands for.
    pub operators: Vec<String>,
    /// True if it contains a query, which reads relations by name.
    pub subqueries: bool,
}

/// Returns none if the expression cannot be parsed.
pub fn mentions(expression: &str) -> Option<Mentions> {
    mentions_of(&format!("SELECT ({expression})"))
}

/// The same for whole statements.
pub fn mentions_of(sql: &str) -> Option<Mentions> {
    let mut found = Mentions::default();
    with_tree(sql, |_, tree| serde_json::to_value(tree).map(|tree| note(&tree, &mut found)).is_ok())
        .ok()
        .filter(|read| *read)?;
    Some(found)
}

/// True for a single string literal.
pub fn is_literal(sql: &str) -> bool {
    let mut code = scan::scan(sql).filter(|piece| piece.kind.is_code());
    code.next().is_some_and(|piece| piece.kind == Kind::String && sql[piece.range].starts_with('\''))
        && code.next().is_none()
}

/// Every run of operator characters in a text, and the operators that keywords stand for.
pub fn operators_in(sql: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut end = None;
    for piece in scan::scan(sql) {
        let text = &sql[piece.range.clone()];
        match piece.kind {
            Kind::Symbol if "+-*/<>=~!@#%^&|`?".contains(text) => {
                match found.last_mut().filter(|_| end == Some(piece.range.start)) {
                    Some(run) => run.push_str(text),
                    None => found.push(text.to_owned()),
                }
                end = Some(piece.range.end);
            }
            Kind::Word => found.extend(behind_keyword(&text.to_ascii_lowercase()).iter().map(|&it| it.to_owned())),
            _ => {}
        }
    }
    found
}

/// The calls in a text, each as `schema.name`: a name before a bracket, outside of literals.
pub fn places_of_calls(sql: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut name = String::new();
    for piece in scan::scan(sql).filter(|piece| piece.kind.is_code()) {
        let text = &sql[piece.range.clone()];
        match piece.kind {
            Kind::Word | Kind::Name if name.ends_with('.') => name.push_str(text),
            Kind::Word | Kind::Name => text.clone_into(&mut name),
            Kind::Symbol if text == "." && !name.is_empty() => name.push('.'),
            Kind::Symbol if text == "(" && !name.is_empty() => found.push(std::mem::take(&mut name)),
            _ => name.clear(),
        }
    }
    found
}

/// The operators that a keyword stands for in the grammar (gram.y, a_expr).
fn behind_keyword(word: &str) -> &'static [&'static str] {
    match word {
        "like" => &["~~", "!~~"],
        "ilike" => &["~~*", "!~~*"],
        "similar" => &["~", "!~"],
        "between" => &[">=", "<=", "<", ">"],
        "in" | "distinct" | "nullif" | "case" | "using" => &["=", "<>"],
        _ => &[],
    }
}

pub(super) fn shape(sql: &str) -> Option<Value> {
    raw(sql).map(clean)
}

/// The complete tree; none if the text cannot be parsed.
pub(super) fn raw(sql: &str) -> Option<Value> {
    with_tree(sql, |_, tree| serde_json::to_value(tree).ok()).ok().flatten()
}

/// Keys for positions, for spelling, and for the way in which an index is built.
const IDLE: [&str; 13] = [
    "location",
    "funcformat",
    "stmt_location",
    "stmt_len",
    "list_start",
    "list_end",
    "rexpr_list_start",
    "rexpr_list_end",
    "concurrent",
    "if_not_exists",
    "idxname",
    "version",
    "indexcolname",
];

pub(super) fn clean(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(clean).collect()),
        Value::Object(fields) => {
            node(fields.into_iter().filter(|(key, _)| !IDLE.contains(&key.as_str())).map(|(key, value)| {
                let value = clean(value);
                let value = if is_name(&key) { without_system(value) } else { value };
                (key, value)
            }))
        }
        other => other,
    }
}

fn is_name(key: &str) -> bool {
    matches!(key, "funcname" | "names" | "name" | "opclass" | "collation" | "collname")
}

/// The list of a name's parts without pg_catalog.
fn without_system(value: Value) -> Value {
    match value {
        Value::Array(mut parts) => {
            if parts.len() > 1 && parts.first().and_then(word) == Some("pg_catalog") {
                parts.remove(0);
            }
            Value::Array(parts)
        }
        other => other,
    }
}

/// The text of a String node.
pub(super) fn word(node: &Value) -> Option<&str> {
    node.pointer("/node/String/sval")?.as_str()
}

fn node(fields: impl Iterator<Item = (String, Value)>) -> Value {
    let mut fields: Map<String, Value> = fields.collect();
    if let Some(element) = fields.get_mut("IndexElem") {
        order(element);
    }
    match fields.get("TypeCast").and_then(cast_of) {
        Some(simpler) => simpler,
        None => Value::Object(fields),
    }
}

/// Makes ASC and the direction's own NULLS order the default (nodes/parsenodes.h: 1 default, 2 ascending or first, 3 descending
/// or last).
fn order(element: &mut Value) {
    let number = |element: &Value, key: &str| element.get(key).and_then(Value::as_i64);
    let (direction, nulls) = (number(element, "ordering"), number(element, "nulls_ordering"));
    if matches!((direction, nulls), (Some(3), Some(2)) | (Some(0..=2), Some(3))) {
        element["nulls_ordering"] = json!(1);
    }
    if direction == Some(2) {
        element["ordering"] = json!(1);
    }
}

/// The simpler form of a cast, if there is one: the content of its node.
fn cast_of(cast: &Value) -> Option<Value> {
    let (argument, type_) = (cast.get("arg")?.get("node")?, cast.get("type_name")?);
    let has_no_modifier = is_empty(type_, "typmods");
    if let Some(array) = argument.get("AArrayExpr").filter(|_| has_no_modifier) {
        return array_of(array, type_);
    }
    let literal = argument.pointer("/AConst/val/Sval/sval").and_then(Value::as_str);
    if let Some(number) = literal.and_then(|text| text.parse::<i32>().ok()).filter(|_| is_type(type_, "int4"))
        && literal == Some(number.to_string().as_str())
    {
        let mut constant = argument.clone();
        constant["AConst"]["val"] = json!({ "Ival": { "ival": number } });
        return Some(constant);
    }
    let inner = argument.get("TypeCast").filter(|_| is_type(type_, "text"))?;
    let is_of_literal = inner.pointer("/arg/node/AConst/val/Sval").is_some();
    (is_of_literal && is_type(inner.get("type_name")?, "varchar")).then(|| {
        let mut outer = cast.clone();
        outer["arg"] = inner["arg"].clone();
        json!({ "TypeCast": outer })
    })
}

/// An array with the cast on each of its elements.
fn array_of(array: &Value, type_: &Value) -> Option<Value> {
    if type_.get("array_bounds")?.as_array()?.len() != 1 {
        return None;
    }
    let mut of_element = type_.clone();
    of_element["array_bounds"] = json!([]);
    let mut array = array.clone();
    for element in array.get_mut("elements")?.as_array_mut()? {
        let cast = json!({ "arg": element, "type_name": of_element });
        *element = json!({ "node": cast_of(&cast).unwrap_or_else(|| json!({ "TypeCast": cast })) });
    }
    Some(json!({ "AArrayExpr": array }))
}

fn is_empty(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_array).is_none_or(Vec::is_empty)
}

/// True if a cleaned type is this built-in one, without a length and not an array.
fn is_type(type_: &Value, name: &str) -> bool {
    let names = type_.get("names").and_then(Value::as_array);
    let is_it = names.is_some_and(|names| names.len() == 1 && names.first().and_then(word) == Some(name));
    is_it && is_empty(type_, "typmods") && is_empty(type_, "array_bounds")
}

/// AEXPR_BETWEEN and its variants, whose names do not contain their operators.
const BETWEEN: &str = "BETWEEN";

pub(super) fn note(value: &Value, found: &mut Mentions) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| note(one, found)),
        Value::Object(fields) => {
            for (key, inside) in fields {
                match key.as_str() {
                    "FuncCall" => found.calls.extend(call(inside)),
                    "AExpr" => operator(inside, found),
                    "CaseExpr" if inside.get("arg").is_some_and(|arg| !arg.is_null()) => {
                        found.operators.push("=".to_owned())
                    }
                    "SubLink" => {
                        found.subqueries = true;
                        found.operators.extend(operator_of_sublink(inside));
                    }
                    "JoinExpr" if joins_by_name(inside) => found.operators.push("=".to_owned()),
                    _ => {}
                }
                note(inside, found);
            }
        }
        _ => {}
    }
}

/// IN has no operator in the tree and means `=`.
fn operator_of_sublink(sublink: &Value) -> Option<String> {
    sublink.get("testexpr").filter(|test| !test.is_null())?;
    let said = sublink.get("oper_name").and_then(Value::as_array).and_then(|parts| word(parts.last()?));
    Some(said.unwrap_or("=").to_owned())
}

/// USING and NATURAL compare with `=`.
fn joins_by_name(join: &Value) -> bool {
    !is_empty(join, "using_clause") || join.get("is_natural").and_then(Value::as_bool) == Some(true)
}

fn call(call: &Value) -> Option<Named> {
    let mut parts: Vec<&str> = call.get("funcname")?.as_array()?.iter().filter_map(word).collect();
    let name = parts.pop()?.to_owned();
    Some(Named { schema: parts.pop().map(str::to_owned), name })
}

fn operator(expression: &Value, found: &mut Mentions) {
    let parts = expression.get("name").and_then(Value::as_array);
    let Some(name) = parts.and_then(|parts| word(parts.last()?)) else { return };
    if name.contains(BETWEEN) {
        found.operators.extend(behind_keyword("between").iter().map(|&it| it.to_owned()));
    } else {
        found.operators.push(name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_a_meaning_hangs_on_is_mentioned() {
        let found = mentions("public.f(a) || CASE b WHEN 1 THEN 'x' END LIKE 'y' AND c BETWEEN 1 AND 2").unwrap();
        assert_eq!(found.calls, [Named { schema: Some("public".to_owned()), name: "f".to_owned() }]);
        let has = |operator: &str| found.operators.iter().any(|it| it == operator);
        assert!(["||", "~~", "=", ">=", "<="].into_iter().all(has), "{:?}", found.operators);
        assert!(!found.subqueries && mentions("a = (SELECT 1)").unwrap().subqueries);
        assert_eq!(mentions("("), None);
    }

    #[test]
    fn calls_are_names_before_a_bracket() {
        let sql = "CREATE TRIGGER t BEFORE INSERT ON u EXECUTE FUNCTION public.\"F\" (); SELECT f(1), 'g(1)', a";
        assert_eq!(places_of_calls(sql), ["public.\"F\"", "f"]);
    }

    #[test]
    fn operators_are_found_outside_of_literals_and_behind_keywords() {
        assert_eq!(operators_in("a <-> b || '%' NOT IN (1)"), ["<->", "||", "=", "<>"]);
        assert!(is_literal(" 'it''s' ") && !is_literal("'a' || 'b'") && !is_literal("E'a'") && !is_literal("a"));
    }
}
