//! Compares a type of a script with the type of a column.

use super::definition::Column;
use super::found::{FoundColumn, FoundType};
use crate::sql::TypeName;

/// The result of a comparison by the texts alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Types {
    Equal,
    Differ,
    /// `t.c%TYPE`, the fields of an interval.
    Unclear,
}

/// Compares a script's type with the catalog's; `format` is `format_type` of the latter.
pub(super) fn compare(wanted: &TypeName, found: &FoundType, format: &str) -> Types {
    if wanted.is_reference || wanted.is_set {
        return Types::Unclear;
    }
    let is_same_schema = match wanted.schema.as_deref() {
        Some(schema) => schema == found.schema,
        // Built-in types come first, unless the path says otherwise.
        None => true,
    };
    if !is_same_schema || wanted.name != found.name || wanted.is_array != found.is_array {
        return Types::Differ;
    }
    let modifiers: Vec<String> = wanted.modifiers.iter().map(|word| normal(word)).collect();
    if found.schema == "pg_catalog" && found.name == "interval" {
        return interval(&modifiers, format);
    }
    let there = modifiers_of(format);
    if complete(&found.schema, &found.name, modifiers) == complete(&found.schema, &found.name, there) {
        Types::Equal
    } else {
        Types::Differ
    }
}

/// True if a column of the catalog has the type of a column of a script.
pub fn has_type(wanted: &Column, found: &FoundColumn) -> bool {
    compare(&wanted.type_, &found.type_, &found.format) == Types::Equal
}

/// The modifiers with the server's defaults: `numeric(10)` is `numeric(10,0)`. `char` is `char(1)` by the grammar.
fn complete(schema: &str, name: &str, mut modifiers: Vec<String>) -> Vec<String> {
    if schema != "pg_catalog" {
        return modifiers;
    }
    if name == "numeric" && modifiers.len() == 1 {
        modifiers.push("0".to_owned());
    }
    modifiers
}

/// `interval(3)` can be compared; the fields (`interval year to month`) are a bit mask in the parse tree.
fn interval(wanted: &[String], format: &str) -> Types {
    match (wanted, format.trim_end_matches("[]")) {
        ([], "interval") => Types::Equal,
        ([], _) | ([_], "interval") => Types::Differ,
        ([full, precision], _) if full == "32767" => {
            let same = format.trim_end_matches("[]") == format!("interval({precision})");
            if same { Types::Equal } else { Types::Differ }
        }
        _ => Types::Unclear,
    }
}

/// The words in the last pair of parentheses, whatever follows it: `timestamp(3) without time zone`.
fn modifiers_of(format: &str) -> Vec<String> {
    // A quoted name may contain a parenthesis.
    let after_name = format.rfind('"').map_or(format, |at| &format[at + 1..]);
    let inside = after_name.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inside.map(|(words, _)| words.split(',').map(normal).collect()).unwrap_or_default()
}

fn normal(word: &str) -> String {
    word.trim().trim_matches('\'').to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str, modifiers: &[&str]) -> TypeName {
        let modifiers = modifiers.iter().map(|&word| word.to_owned()).collect();
        TypeName { schema: None, name: name.to_owned(), modifiers, is_array: false, is_set: false, is_reference: false }
    }

    fn built_in(name: &str) -> FoundType {
        FoundType { schema: "pg_catalog".to_owned(), name: name.to_owned(), is_array: false }
    }

    #[test]
    fn modifiers_that_the_server_adds_are_no_difference() {
        let equal = [
            ("numeric", &["10"][..], "numeric(10,0)"),
            ("bpchar", &["1"], "character(1)"),
            ("timestamp", &["3"], "timestamp(3) without time zone"),
            ("varchar", &["10"], "character varying(10)"),
            ("varchar", &[], "character varying"),
            ("interval", &[], "interval"),
        ];
        for (name, modifiers, format) in equal {
            assert_eq!(compare(&wanted(name, modifiers), &built_in(name), format), Types::Equal, "{name} {format}");
        }
        let differ = [("varchar", &["10"][..], "character varying(20)"), ("numeric", &[], "numeric(10,2)")];
        for (name, modifiers, format) in differ {
            assert_eq!(compare(&wanted(name, modifiers), &built_in(name), format), Types::Differ, "{name} {format}");
        }
    }
}
