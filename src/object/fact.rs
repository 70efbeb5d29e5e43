//! A fact: a kind, a name, and the properties of one object.

use serde_json::{Value, json};

use super::ddl::split_last;
use super::{Form, Holder, Kind, kind};

/// One object as it is. A property with its default value is omitted.
#[derive(Clone, Debug)]
pub struct Fact {
    pub kind: &'static Kind,
    /// The name, without the schema if that is the home.
    pub name: String,
    /// The properties, in the order of the kind's table.
    pub properties: Vec<(&'static str, Value)>,
    /// True if the server chose the name.
    pub auto: bool,
}

/// A fact that cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FactError {
    #[error("it has a kind of object that this version does not know: {0}")]
    Kind(String),
    #[error("it has a property that this version does not know: {property} of {identity}")]
    Property { identity: String, property: String },
    #[error("the answer for {kind} has {columns} columns and not {wanted}")]
    Row { kind: &'static str, columns: usize, wanted: usize },
    #[error("the answer for {kind} is not what was asked for: {value}")]
    Value { kind: &'static str, value: String },
}

impl Fact {
    /// Reads a row of the kind's query.
    ///
    /// # Errors
    /// The row does not match the query: a bug of ours.
    pub fn of_row(kind: &'static Kind, row: Vec<Option<String>>) -> Result<Self, FactError> {
        let wanted = kind.properties.len() + 1;
        if row.len() != wanted {
            return Err(FactError::Row { kind: kind.word, columns: row.len(), wanted });
        }
        let mut columns = row.into_iter();
        let name = columns.next().flatten().unwrap_or_default();
        let mut properties = Vec::new();
        for ((property, form, _), text) in kind.properties.iter().zip(columns) {
            let Some(text) = text else { continue };
            if let Some(value) = value(kind, *form, text)? {
                properties.push((*property, value));
            }
        }
        properties.shrink_to_fit();
        Ok(Self { kind, name, properties, auto: false })
    }

    /// Reads a line of a snapshot from its identity and its properties.
    ///
    /// # Errors
    /// A newer version wrote it.
    pub fn of_line(identity: &str, set: impl IntoIterator<Item = (String, Value)>) -> Result<Self, FactError> {
        let mut fact = Self::named(identity)?;
        for (property, value) in set {
            fact.set(identity, &property, value)?;
        }
        fact.properties.sort_by_key(|(name, _)| fact.kind.properties.iter().position(|(known, ..)| known == name));
        fact.properties.shrink_to_fit();
        Ok(fact)
    }

    /// A fact without properties.
    fn named(identity: &str) -> Result<Self, FactError> {
        // A kind may be two words, and a name may contain spaces.
        let starts = identity.match_indices(' ').map(|(at, _)| at);
        let (kind, at) = starts
            .filter_map(|at| Some((kind(&identity[..at])?, at)))
            .max_by_key(|(kind, _)| kind.word.len())
            .ok_or_else(|| FactError::Kind(identity.to_owned()))?;
        Ok(Self { kind, name: identity[at + 1..].to_owned(), properties: Vec::new(), auto: false })
    }

    fn set(&mut self, identity: &str, property: &str, value: Value) -> Result<(), FactError> {
        if property == "auto" {
            self.auto = value == Value::Bool(true);
            return Ok(());
        }
        let Some((known, ..)) = self.kind.properties.iter().find(|(known, ..)| *known == property) else {
            return Err(FactError::Property { identity: identity.to_owned(), property: property.to_owned() });
        };
        self.properties.push((known, value));
        Ok(())
    }

    /// `kind name`.
    pub fn identity(&self) -> String {
        format!("{} {}", self.kind.word, self.name)
    }

    pub fn get(&self, property: &str) -> Option<&Value> {
        self.properties.iter().find(|(name, _)| *name == property).map(|(_, value)| value)
    }

    pub fn text(&self, property: &str) -> Option<&str> {
        self.get(property)?.as_str()
    }

    /// The relation to which the object belongs, or the object itself if it is one.
    pub fn holder(&self) -> &str {
        match self.kind.holder {
            Holder::Itself => &self.name,
            Holder::Table => without_last(&self.name),
            Holder::On => self.text("on").unwrap_or(&self.name),
            Holder::Owned => self.text("owned by").map_or(&self.name, without_last),
        }
    }

    /// The name without the holder's.
    pub fn own_name(&self) -> &str {
        match self.kind.holder {
            Holder::Table => self.name.get(without_last(&self.name).len() + 1..).unwrap_or_default(),
            _ => &self.name,
        }
    }

    /// The fact as a line of a snapshot.
    pub fn line(&self) -> String {
        let mut line = String::with_capacity(128);
        line.push('[');
        push_text(&mut line, &self.identity());
        line.push_str(",{");
        for (at, (name, value)) in self.properties.iter().enumerate() {
            line.push_str(if at == 0 { "" } else { "," });
            push_text(&mut line, name);
            line.push(':');
            match value {
                Value::String(text) => push_text(&mut line, text),
                other => line.push_str(&other.to_string()),
            }
        }
        if self.auto {
            line.push_str(if self.properties.is_empty() { "" } else { "," });
            line.push_str("\"auto\":true");
        }
        line.push_str("}]");
        line
    }

    /// The object as people read it: the kind, the name, and the table of an index.
    pub fn shown(&self) -> String {
        match self.kind.holder {
            Holder::On => format!("{} on {}", self.identity(), self.holder()),
            _ => self.identity(),
        }
    }

    /// The properties in one line.
    pub fn described(&self) -> String {
        let said = self.properties.iter().filter(|(name, _)| *name != "on" && *name != "owner" && *name != "grants");
        let words: Vec<String> = said
            .map(|(name, value)| match (*name, value) {
                ("type", value) => shown(value),
                (name, Value::Bool(true)) => name.to_owned(),
                (name, value) => format!("{name} {}", shown(value)),
            })
            .collect();
        words.join(", ")
    }
}

/// Appends a JSON string. Most have nothing to escape, and a schema has a hundred thousand of them.
fn push_text(line: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        line.push_str(&json!(text).to_string());
    } else {
        line.extend(["\"", text, "\""]);
    }
}

/// A property's value as people read it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn value(kind: &'static Kind, form: Form, text: String) -> Result<Option<Value>, FactError> {
    let wrong = |value: String| FactError::Value { kind: kind.word, value };
    match form {
        Form::Flag | Form::Pending => match text.as_str() {
            "t" => Ok(Some(Value::Bool(true))),
            "f" => Ok(None),
            _ => Err(wrong(text)),
        },
        Form::Word | Form::AtLeast | Form::Bound | Form::Query => Ok(Some(Value::String(text))),
        // A part is a text, or a list of them.
        Form::Part(..) if !text.starts_with('[') => Ok(Some(Value::String(text))),
        Form::Part(..) => Ok(Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))),
        Form::List | Form::Set | Form::Options => match serde_json::from_str(&text) {
            Ok(Value::Object(set)) => {
                Ok(Some(Value::Object(set.into_iter().filter(|(_, value)| !value.is_null()).collect())))
            }
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(wrong(text)),
        },
    }
}

/// A dotted name without its last part; dots within quotes do not separate.
fn without_last(name: &str) -> &str {
    split_last(name).0.unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;

    #[test]
    fn a_line_reads_back() {
        for line in [
            r#"["column a.\"b.c\".\"d e\"",{"type":"text","default":"'x'::text"}]"#,
            r#"["event trigger e",{"on":"ddl_command_end","function":"f"}]"#,
            r#"["index i",{"on":"a.t","keys":["x","lower(y)"],"auto":true}]"#,
            r#"["text search configuration c",{}]"#,
        ] {
            let (identity, set): (String, Map<String, Value>) = serde_json::from_str(line).unwrap();
            assert_eq!(Fact::of_line(&identity, set).unwrap().line(), line);
        }
        let unknown = Fact::of_line("widget w", Map::new());
        assert_eq!(unknown.unwrap_err(), FactError::Kind("widget w".to_owned()));
    }

    #[test]
    fn what_hangs_on_a_table_knows_it() {
        let set: Map<String, Value> = serde_json::from_str(r#"{"on":"a.t"}"#).unwrap();
        for (identity, holder, own) in [
            ("column a.\"b.c\".d", "a.\"b.c\"", "d"),
            ("constraint t.c", "t", "c"),
            ("table a.t", "a.t", "a.t"),
            ("index i", "a.t", "i"),
        ] {
            let set = if identity.starts_with("index") { set.clone() } else { Map::new() };
            let fact = Fact::of_line(identity, set).unwrap();
            assert_eq!((fact.holder(), fact.own_name()), (holder, own));
        }
    }
}
