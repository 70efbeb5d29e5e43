//! The likeness of a script's statement and the server's, as far as their words tell: for places where nothing may be built to
//! compare them.

use serde_json::{Map, Value, json};

use super::shape::shape;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// Different in a part that the server never rewrites: a number, a text, a column's name, a word of the grammar.
    Different,
    Unclear,
}

/// Compares two statements; unclear if either cannot be parsed.
pub fn likeness(one: &str, other: &str) -> Likeness {
    let (Some(one), Some(other)) = (shape(one), shape(other)) else { return Likeness::Unclear };
    if one == other {
        return Likeness::Same;
    }
    let (one, other) = (plain(one), plain(other));
    if one == other {
        // Only casts differ, and a cast may be significant.
        return Likeness::Unclear;
    }
    if differs(&one, &other, "") { Likeness::Different } else { Likeness::Unclear }
}

/// The tree without casts, except those of literals to types other than text, and with the server's words for IN and LIKE.
fn plain(value: Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.into_iter().map(plain).collect()),
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields.into_iter().map(|(key, value)| (key, plain(value))).collect();
            if let Some(expression) = fields.get_mut("AExpr") {
                respell(expression);
            }
            let inner =
                fields.get("TypeCast").filter(|cast| is_idle_cast(cast)).and_then(|cast| cast.pointer("/arg/node"));
            inner.cloned().unwrap_or(Value::Object(fields))
        }
        other => other,
    }
}

fn is_idle_cast(cast: &Value) -> bool {
    let is_literal = cast.pointer("/arg/node/AConst").is_some();
    let names = cast.pointer("/type_name/names").and_then(Value::as_array);
    let last = names.and_then(|names| names.last()?.pointer("/node/String/sval")?.as_str());
    !is_literal || matches!(last, Some("text" | "varchar" | "bpchar"))
}

const OP: i64 = 1;
const ANY: i64 = 2;
const ALL: i64 = 3;
const IN: i64 = 7;
const LIKE: i64 = 8;
const ILIKE: i64 = 9;

/// `AEXPR_IN` is an operator over an array, `AEXPR_LIKE` one over two values (nodes/parsenodes.h).
fn respell(expression: &mut Value) {
    let kind = expression.get("kind").and_then(Value::as_i64);
    let name = expression.pointer("/name/0/node/String/sval").and_then(Value::as_str).map(str::to_owned);
    match kind {
        Some(IN) => {
            let elements = expression.pointer("/rexpr/node/List/items").cloned();
            if let Some(elements) = elements {
                expression["rexpr"] = json!({ "node": { "AArrayExpr": { "elements": elements } } });
                expression["kind"] = json!(if name.as_deref() == Some("<>") { ALL } else { ANY });
            }
        }
        Some(LIKE | ILIKE) => expression["kind"] = json!(OP),
        _ => {}
    }
}

/// Lists whose members the server writes as stated.
const LISTS: [&str; 8] =
    ["elements", "index_params", "index_including_params", "columns", "keys", "exprs", "stat_types", "events"];

fn differs(one: &Value, other: &Value, key: &str) -> bool {
    match (one, other) {
        // The server adds a name and a schema that the script omits.
        _ if matches!(key, "conname" | "schemaname") => false,
        (Value::Array(one), Value::Array(other)) if is_name(key) => {
            matches!((last(one), last(other)), (Some(one), Some(other)) if one != other)
        }
        (Value::Array(one), Value::Array(other)) if one.len() != other.len() => LISTS.contains(&key),
        (Value::Array(one), Value::Array(other)) => one.iter().zip(other).any(|(one, other)| differs(one, other, key)),
        (Value::Object(one), Value::Object(other)) => objects(one, other),
        (Value::Bool(one), Value::Bool(other)) => one != other,
        (Value::Number(one), Value::Number(other)) => one != other && key != "kind",
        (Value::String(one), Value::String(other)) => one != other && !same_number(one, other),
        (Value::Null, Value::Object(_)) | (Value::Object(_), Value::Null) => {
            matches!(key, "where_clause" | "when_clause")
        }
        _ => false,
    }
}

fn objects(one: &Map<String, Value>, other: &Map<String, Value>) -> bool {
    // Another kind of node: the server may have written the same differently.
    if one.keys().ne(other.keys()) {
        return false;
    }
    // Under another operator or function the arguments are not comparable.
    let is_other = |key: &str| one.get(key).is_some_and(|value| other.get(key) != Some(value));
    if one.contains_key("lexpr") && is_other("kind") {
        return false;
    }
    // A literal of a type whose values the server rewrites.
    if one.contains_key("type_name") && one.contains_key("arg") {
        return false;
    }
    one.iter().any(|(key, value)| other.get(key).is_some_and(|other| differs(value, other, key)))
}

fn is_name(key: &str) -> bool {
    matches!(key, "funcname" | "names" | "opclass" | "collation" | "collname")
}

fn last(parts: &[Value]) -> Option<&str> {
    parts.last()?.pointer("/node/String/sval")?.as_str()
}

fn same_number(one: &str, other: &str) -> bool {
    matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_never_writes_otherwise_tells_two_apart() {
        let different = [
            ("CREATE UNIQUE INDEX own ON t (a)", "CREATE INDEX own ON t USING btree (a)"),
            ("CREATE INDEX own ON t (a, b)", "CREATE INDEX own ON t USING btree (b, a)"),
            ("CREATE INDEX own ON t (a)", "CREATE INDEX own ON t USING btree (a, b)"),
            ("CREATE INDEX own ON t (a) WHERE a > 1", "CREATE INDEX own ON t USING btree (a)"),
            (
                "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW WHEN (new.a > 5) EXECUTE FUNCTION tr()",
                "CREATE TRIGGER own BEFORE UPDATE ON t FOR EACH ROW WHEN ((new.a > 6)) EXECUTE FUNCTION public.tr()",
            ),
            (
                "CREATE DOMAIN own AS int CHECK (value > 5)",
                "CREATE DOMAIN own AS integer CONSTRAINT d CHECK ((VALUE > 6))",
            ),
            (
                "CREATE INDEX own ON t (a) WHERE s IN ('a', 'b')",
                "CREATE INDEX own ON t USING btree (a) WHERE (s = ANY (ARRAY['a'::text, 'c'::text]))",
            ),
        ];
        for (one, other) in different {
            assert_eq!(likeness(one, other), Likeness::Different, "{one} / {other}");
        }
    }

    #[test]
    fn what_it_may_write_otherwise_tells_nothing() {
        let unclear = [
            ("CREATE INDEX own ON t (lower(a))", "CREATE INDEX own ON t USING btree (lower((a)::text))"),
            (
                "CREATE INDEX own ON t (a) WHERE a > '24 hours'",
                "CREATE INDEX own ON t USING btree (a) WHERE (a > '1 day'::interval)",
            ),
            (
                "CREATE INDEX own ON t (a) WHERE s IN ('a', 'b')",
                "CREATE INDEX own ON t USING btree (a) WHERE ((s)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[]))",
            ),
            (
                "CREATE INDEX own ON t (a) WHERE a BETWEEN 1 AND 2",
                "CREATE INDEX own ON t (a) WHERE ((a >= 1) AND (a <= 2))",
            ),
            ("syntax error", "syntax error"),
        ];
        for (one, other) in unclear {
            assert_eq!(likeness(one, other), Likeness::Unclear, "{one} / {other}");
        }
        let same = ("CREATE INDEX own ON t (a)", "CREATE INDEX own ON t USING btree (a)");
        assert_eq!(likeness(same.0, same.1), Likeness::Same);
    }
}
