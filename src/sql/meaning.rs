//! A script's names as the server writes them: each with its schema, except those in pg_catalog.

use serde_json::{Map, Value, json};

use super::shape::{self, Mentions};

/// The schema of the server's own objects.
pub(super) const SYSTEM: &str = "pg_catalog";

/// The objects that a script's unqualified names mean.
pub trait Names {
    /// The schema of the relation that the name means; none if it is unknown.
    fn relation(&self, name: &str) -> Option<String>;
    fn type_(&self, name: &str) -> Option<String>;
    fn collation(&self, name: &str) -> Option<String>;
    /// The schema of a function; none if the name may mean several.
    fn function(&self, schema: Option<&str>, name: &str) -> Option<String>;
    /// False if it may be another operator than the built-in one.
    fn is_systems_operator(&self, name: &str) -> bool;
}

/// The tree with every name resolved; none if a name is ambiguous.
pub(super) fn resolved(tree: Value, names: &dyn Names) -> Option<Value> {
    let mut mentions = Mentions::default();
    shape::note(&tree, &mut mentions);
    if !mentions.operators.iter().all(|operator| names.is_systems_operator(operator)) {
        return None;
    }
    let mut queries = Vec::new();
    note_queries(&tree, &mut queries);
    // A name that is both a WITH query's and a relation's is ambiguous here.
    if queries.iter().any(|name| names.relation(name).is_some()) {
        return None;
    }
    Resolver { names, queries }.value(tree)
}

/// The names of WITH queries.
fn note_queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| note_queries(one, found)),
        Value::Object(fields) => {
            found.extend(fields.get("ctename").and_then(Value::as_str).map(str::to_owned));
            fields.values().for_each(|one| note_queries(one, found));
        }
        _ => {}
    }
}

struct Resolver<'a> {
    names: &'a dyn Names,
    queries: Vec<String>,
}

impl Resolver<'_> {
    fn value(&self, value: Value) -> Option<Value> {
        match value {
            Value::Array(all) => Some(Value::Array(all.into_iter().map(|one| self.value(one)).collect::<Option<_>>()?)),
            Value::Object(fields) => self.node(fields),
            other => Some(other),
        }
    }

    fn node(&self, fields: Map<String, Value>) -> Option<Value> {
        let is_type = fields.contains_key("typmods");
        let is_reference = fields.get("pct_type").and_then(Value::as_bool) == Some(true);
        let mut resolved = Map::new();
        for (key, value) in fields {
            let value = match key.as_str() {
                "names" if is_type => self.listed(&value, |name| self.names.type_(name))?,
                "collname" => self.listed(&value, |name| self.names.collation(name))?,
                "funcname" => self.function(&value)?,
                _ => self.value(value)?,
            };
            resolved.insert(key, value);
        }
        if resolved.contains_key("relname") {
            self.relation(&mut resolved)?;
        }
        (!is_reference).then_some(Value::Object(resolved))
    }

    /// A name that is a list of strings. An unknown name stays: the server looks in pg_catalog first, so an unqualified name of a
    /// built-in object is unambiguous.
    fn listed(&self, list: &Value, home: impl Fn(&str) -> Option<String>) -> Option<Value> {
        let parts = strings(list)?;
        let [name] = parts.as_slice() else { return Some(list.clone()) };
        Some(match home(name) {
            Some(schema) => list_of(&schema, name),
            None => list.clone(),
        })
    }

    fn function(&self, list: &Value) -> Option<Value> {
        let parts = strings(list)?;
        let (schema, name) = match parts.as_slice() {
            [name] => (None, name),
            [schema, name] => (Some(schema.as_str()), name),
            _ => return None,
        };
        Some(list_of(&self.names.function(schema, name)?, name))
    }

    fn relation(&self, range: &mut Map<String, Value>) -> Option<()> {
        let text = |key: &str| range.get(key).and_then(Value::as_str).unwrap_or_default();
        let (schema, name) = (text("schemaname").to_owned(), text("relname").to_owned());
        if !text("catalogname").is_empty() {
            return None;
        }
        let home = if schema.is_empty() && !self.queries.contains(&name) {
            self.names.relation(&name).unwrap_or_default()
        } else {
            schema
        };
        let home = if home == SYSTEM { String::new() } else { home };
        range.insert("schemaname".to_owned(), json!(home));
        Some(())
    }
}

fn strings(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|part| shape::word(part).map(str::to_owned)).collect()
}

fn list_of(schema: &str, name: &str) -> Value {
    let string = |text: &str| json!({ "node": { "String": { "sval": text } } });
    json!([string(schema), string(name)])
}
