//! Names, literals and lists as people write them.

use serde_json::Value;

use crate::object::Fact;
use crate::object::fact::shown;

/// Words that need quotes as a name (PostgreSQL documentation, appendix C, 13 to 18: all except the unreserved ones).
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// The name, quoted only if needed.
pub fn ident(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && RESERVED.binary_search(&name).is_err();
    if is_plain { name.to_owned() } else { crate::pg::name::quote_ident(name) }
}

/// The name as the catalog stores it, without quotes.
pub fn plain(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// A string literal. Letters beyond ASCII stay as they are: a script is UTF-8.
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// The texts of a list.
pub fn list(value: Option<&Value>) -> Vec<String> {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter().map(shown).collect()
}

/// Column names, each as SQL writes it.
pub fn idents(value: Option<&Value>) -> String {
    list(value).iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}

/// The text of a function in a dollar quote that it does not contain.
pub fn body(text: &str) -> String {
    let tags = ["$$", "$body$", "$function$", "$lockgate$", "$lockgate_body$"];
    // A text that ends in a dollar would be merged with the closing quote.
    let fits = |tag: &&&str| !(text.contains(**tag) || text.ends_with('$') && **tag == "$$");
    match tags.iter().find(fits) {
        Some(tag) => format!("{tag}{text}{tag}"),
        None => literal(text),
    }
}

/// The last part of a name, as written.
pub fn last_part(name: &str) -> &str {
    split_last(name).1
}

/// The schema of a name, as written, and its last part.
pub fn split_last(name: &str) -> (Option<&str>, &str) {
    let of_name = bare(name).take_while(|(_, letter)| !matches!(letter, '(' | ' '));
    let last = of_name.filter(|(_, letter)| *letter == '.').last();
    last.map_or((None, name), |(at, _)| (Some(&name[..at]), &name[at + 1..]))
}

/// The characters outside of double quotes, with their positions.
fn bare(name: &str) -> impl Iterator<Item = (usize, char)> {
    let mut is_quoted = false;
    name.char_indices().filter(move |(_, letter)| {
        is_quoted ^= *letter == '"';
        !is_quoted
    })
}

/// The name of a constraint's index: in its table's schema, with the constraint's name.
pub fn index_of(fact: &Fact) -> String {
    match split_last(fact.holder()).0 {
        Some(schema) => format!("{schema}.{}", fact.own_name()),
        None => fact.own_name().to_owned(),
    }
}

/// The name and the types of `name(types)`.
pub fn signature(name: &str) -> (&str, &str) {
    match bare(name).find(|(_, letter)| *letter == '(') {
        Some((at, _)) => (name[..at].trim_end(), &name[at..]),
        None => (name, ""),
    }
}

/// The name at the beginning of a text.
pub fn own_word(text: &str) -> &str {
    bare(text).find(|(_, letter)| *letter == ' ').map_or(text, |(at, _)| &text[..at])
}

/// True if a text contains a name as a whole word.
pub fn has_word(text: &str, name: &str) -> bool {
    let name = name.trim_matches('"');
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut places = text.match_indices(name).filter(|_| !name.is_empty());
    places.any(|(at, _)| !text[..at].ends_with(is_word) && !text[at + name.len()..].starts_with(is_word))
}

/// A statement's text without the semicolon that the server writes.
pub fn without_end(text: &str) -> &str {
    text.trim().trim_end_matches(';').trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_quoted_where_it_must_be() {
        assert!(RESERVED.is_sorted());
        for (name, written) in
            [("orders", "orders"), ("user", "\"user\""), ("Mixed", "\"Mixed\""), ("a b", "\"a b\""), ("2x", "\"2x\"")]
        {
            assert_eq!(ident(name), written);
        }
    }

    #[test]
    fn names_are_taken_apart_outside_of_quotes() {
        assert_eq!(split_last("a.\"b.c\""), (Some("a"), "\"b.c\""));
        assert_eq!(split_last("f(a.b)"), (None, "f(a.b)"));
        assert_eq!(signature("s.\"f(\"(integer, s.t)"), ("s.\"f(\"", "(integer, s.t)"));
        assert_eq!(signature("<<< (pair, pair)"), ("<<<", "(pair, pair)"));
        assert_eq!((own_word("a integer"), own_word("\"a b\" text")), ("a", "\"a b\""));
    }

    #[test]
    fn a_body_is_quoted_by_what_it_does_not_hold() {
        assert_eq!(body("SELECT 1"), "$$SELECT 1$$");
        assert_eq!(body("DO $$ x $$"), "$body$DO $$ x $$$body$");
        assert_eq!(literal("a\\'b"), "E'a\\\\''b'");
    }
}
