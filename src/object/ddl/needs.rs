//! The objects that an object's definition names: they have to exist first. The body of a function does not count, because it is
//! read only when the function runs.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::words::{last_part, signature};
use crate::object::Fact;

/// The objects of a schema that others may name, by their unqualified names.
#[derive(Debug, Default)]
pub struct Mentions<'a>(HashMap<&'a str, Vec<usize>>);

/// The kinds whose names occur in definitions; columns, keys and other parts of a table are named through the table.
const NAMED: &[&str] = &[
    "collation",
    "type",
    "sequence",
    "server",
    "foreign data wrapper",
    "function",
    "operator",
    "operator family",
    "operator class",
    "language",
    "access method",
    "text search parser",
    "text search template",
    "text search dictionary",
    "text search configuration",
    "table",
    "view",
];

/// Properties that are not part of an object's definition.
const SILENT: &[&str] = &["source", "comment", "owner", "grants", "owned by"];

impl<'a> Mentions<'a> {
    pub fn of(facts: &'a [Fact]) -> Self {
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, fact) in facts.iter().enumerate().filter(|(_, fact)| NAMED.contains(&fact.kind.word)) {
            let name = last_part(signature(&fact.name).0);
            // An operator's name includes its types.
            let name = quoted(name).unwrap_or_else(|| name.split(' ').next().unwrap_or_default());
            by_name.entry(name).or_default().push(at);
        }
        Self(by_name)
    }

    /// The objects that a fact names, by their index.
    pub fn by(&self, fact: &Fact) -> BTreeSet<usize> {
        let said = fact.properties.iter().filter(|(property, _)| !SILENT.contains(property));
        let mut found: BTreeSet<usize> = said.flat_map(|(_, value)| self.by_value(value)).collect();
        found.extend(self.by_text(fact.holder()));
        // The name of a function or an operator includes its types.
        found.extend(self.by_text(signature(&fact.name).1));
        found
    }

    pub fn by_value(&self, value: &Value) -> BTreeSet<usize> {
        match value {
            Value::String(text) => self.by_text(text),
            Value::Array(items) => items.iter().flat_map(|item| self.by_value(item)).collect(),
            Value::Object(map) => map.values().flat_map(|item| self.by_value(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) => BTreeSet::new(),
        }
    }

    fn by_text(&self, text: &str) -> BTreeSet<usize> {
        words(text).into_iter().filter_map(|word| self.0.get(word)).flatten().copied().collect()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Letter {
    OfWord,
    OfOperator,
    Other,
}

fn letter(c: char) -> Letter {
    if c.is_alphanumeric() || c == '_' || c == '$' {
        Letter::OfWord
    } else if "+-*/<>=~!@#%^&|`?".contains(c) {
        Letter::OfOperator
    } else {
        Letter::Other
    }
}

/// The quoted name at the beginning of a text, with doubled quotes inside.
fn quoted(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?;
    let mut from = 0;
    loop {
        let end = from + inner[from..].find('"')?;
        if !inner[end + 1..].starts_with('"') {
            return Some(&inner[..end]);
        }
        from = end + 2;
    }
}

/// Names and operators. A string may contain a name, if it is cast to an object.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = letter(first);
        if let Some(name) = quoted(rest) {
            found.push(name);
            rest = &rest[name.len() + 2..];
            continue;
        }
        let end = match kind {
            Letter::Other => first.len_utf8(),
            _ => rest.find(|c| letter(c) != kind).unwrap_or(rest.len()),
        };
        if kind != Letter::Other {
            found.push(&rest[..end]);
        }
        rest = &rest[end..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_and_operators_are_found_wherever_they_stand() {
        assert_eq!(
            words("nextval('app.\"My Seq\"'::regclass) <<< t.é_1"),
            ["nextval", "app", "My Seq", "regclass", "<<<", "t", "é_1"]
        );
        assert_eq!(words("\"Odd Schema\".\"T \"\"q\" a"), ["Odd Schema", "T \"\"q", "a"]);
        assert_eq!(words("\"no end"), ["no", "end"]);
    }
}
