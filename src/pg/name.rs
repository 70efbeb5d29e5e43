//! Names as SQL writes them: quoting, folding and schema-qualified names.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// An identifier in double quotes, always quoted, so no keyword or case rule matters.
pub fn quote_ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `ARRAY[…]::text[]`.
pub fn quote_array<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.map(quote_literal).collect();
    format!("ARRAY[{}]::pg_catalog.text[]", items.join(", "))
}

/// A string literal that reads the same under any `standard_conforming_strings` and `client_encoding`.
pub fn quote_literal(value: &str) -> String {
    let quoted = value.replace('\'', "''");
    if !quoted.contains('\\') && quoted.is_ascii() {
        return format!("'{quoted}'");
    }
    let mut escaped = String::from(" E'");
    for c in quoted.chars() {
        match c {
            '\\' => escaped.push_str(r"\\"),
            c if c.is_ascii() => escaped.push(c),
            c => escaped.push_str(&format!(r"\U{:08X}", u32::from(c))),
        }
    }
    escaped + "'"
}

/// A relation's name with its schema, as the server resolves it (folded, unquoted). Copies share memory: the keys of a table's
/// columns, constraints and properties all contain it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(from = "Parts")]
pub struct QualifiedName(Arc<Parts>);

/// Most compared names are the same one, so pointers are compared first.
impl Ord for QualifiedName {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) { Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

impl PartialOrd for QualifiedName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The two words of a [`QualifiedName`].
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
pub struct Parts {
    pub schema: String,
    pub name: String,
}

impl From<Parts> for QualifiedName {
    fn from(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for QualifiedName {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl QualifiedName {
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Parts { schema: schema.into(), name: name.into() }.into()
    }

    /// Another name in the same schema.
    pub fn beside(&self, name: impl Into<String>) -> Self {
        Self::new(self.schema.clone(), name)
    }

    /// Reads `name` or `schema.name`, each part quoted or not; an unquoted part folds to lower case.
    ///
    /// # Errors
    /// The error of the name, in a sentence.
    pub fn parse(text: &str, default_schema: &str) -> Result<Self, String> {
        let (schema, name) = split_name(text)?;
        Ok(Self::new(schema.unwrap_or_else(|| default_schema.to_owned()), name))
    }

    /// The name as people write it in a setting: quoted only if needed.
    pub fn written(&self) -> String {
        let plain = self.to_string();
        if Self::parse(&plain, "").as_ref() == Ok(self) { plain } else { self.quoted() }
    }

    /// `"schema"."name"`.
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote_ident(&self.schema), quote_ident(&self.name))
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

/// The longest identifier that the server keeps (`NAMEDATALEN` - 1, PostgreSQL documentation 4.1.1), in bytes.
pub const MAX_IDENTIFIER: usize = 63;

/// Parses `name` or `schema.name`, as [`QualifiedName::parse`] does.
///
/// # Errors
/// The error of the name, in a sentence.
pub fn split_name(text: &str) -> Result<(Option<String>, String), String> {
    let mut parts = split_identifiers(text)?;
    match (parts.pop(), parts.pop(), parts.pop()) {
        (Some(name), schema, None) => Ok((schema, name)),
        _ => Err("must be `table` or `schema.table`".to_owned()),
    }
}

fn split_identifiers(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => take_quoted(quoted)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].trim().to_lowercase(), &rest[end..])
            }
        };
        if part.is_empty() {
            return Err("has an empty name".to_owned());
        }
        if part.len() > MAX_IDENTIFIER {
            return Err(format!("has a name longer than {MAX_IDENTIFIER} bytes"));
        }
        parts.push(part);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(parts),
            None => return Err("has characters after the closing quote".to_owned()),
        }
    }
}

fn take_quoted(text: &str) -> Result<(String, &str), String> {
    let mut name = String::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '"' {
            name.push(c);
        } else if chars.next_if(|&(_, next)| next == '"').is_some() {
            name.push('"');
        } else {
            return Ok((name, &text[at + 1..]));
        }
    }
    Err("has a quote that is not closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unquoted_name_folds_and_takes_the_default_schema() {
        let name = QualifiedName::parse("History", "public").unwrap();
        assert_eq!(name.quoted(), r#""public"."history""#);
    }

    #[test]
    fn quoted_parts_keep_case_dots_and_quotes() {
        let name = QualifiedName::parse(r#""My.App"."a""b""#, "public").unwrap();
        assert_eq!((name.schema.as_str(), name.name.as_str()), ("My.App", "a\"b"));
    }

    #[test]
    fn a_name_with_no_part_or_too_many_is_refused() {
        for bad in ["", ".", "a.", "a.b.c", "\"a", "\"a\"b"] {
            assert!(QualifiedName::parse(bad, "public").is_err(), "{bad}");
        }
    }

    #[test]
    fn what_a_setting_could_read_otherwise_is_escaped() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal(r"a\b"), r" E'a\\b'");
        assert_eq!(quote_literal("é"), r" E'\U000000E9'");
    }
}
