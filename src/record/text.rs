//! The text of a statement in the form of a script: values in place of parameters, no comments, and no character that a script's
//! reader or an editor would change. Pure.

use std::ops::Range;

use super::error::Why;
use crate::chain::scan::{Kind, Piece, between_tags, scan};

/// A value in the form of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal {
    /// None is NULL.
    pub text: Option<String>,
    /// The type, as SQL; none if the context determines it.
    pub cast: Option<String>,
    /// The program left the type to the server: an existing cast already states it.
    pub is_left_to_place: bool,
}

impl Literal {
    fn sql(&self, has_cast: bool) -> String {
        let value = self.text.as_deref().map_or_else(|| "NULL".to_owned(), quoted);
        match &self.cast {
            Some(cast) if !(has_cast && self.is_left_to_place) => format!("{value}::{cast}"),
            _ => value,
        }
    }
}

/// The statement with its parameters' values.
///
/// # Errors
/// A literal in it would be changed and cannot be written differently.
pub fn written(sql: &str, parameters: &[Literal]) -> Result<String, Why> {
    let pieces: Vec<Piece> = scan(sql).collect();
    let mut out = String::with_capacity(sql.len());
    let mut at = 0;
    while let Some(Piece { kind, range }) = pieces.get(at) {
        at += 1;
        let text = &sql[range.clone()];
        match kind {
            Kind::Space => space(&mut out, text),
            Kind::LineComment | Kind::BlockComment => space(&mut out, " "),
            Kind::String | Kind::Dollar if text.contains(is_changed) => {
                if has_prefix(sql, &pieces[..at - 1], range) {
                    return Err(Why::Control);
                }
                out.push_str(&escaped(*kind, text));
            }
            Kind::Name if text.contains(is_changed) => {
                return Err(Why::Control);
            }
            Kind::Symbol if text == "$" && !parameters.is_empty() => {
                match parameter(sql, &pieces[at..], range.end, parameters) {
                    Some((literal, end)) => {
                        at += 1;
                        let rest = sql[end..].trim_start();
                        let value = literal.sql(rest.starts_with("::"));
                        let is_part = sql[end..].starts_with(['[', '.']);
                        out.push_str(&if is_part { format!("({value})") } else { value });
                    }
                    None => out.push_str(text),
                }
            }
            _ => out.push_str(text),
        }
    }
    Ok(out.trim().to_owned())
}

/// The statement with the first occurrence of `name` replaced.
pub fn renamed(sql: &str, name: &str, other: &str) -> String {
    let is_it = |piece: &Piece| {
        let text = &sql[piece.range.clone()];
        match piece.kind {
            Kind::Name => text.trim_matches('"').replace("\"\"", "\"") == name,
            Kind::Word => text.to_lowercase() == name,
            _ => false,
        }
    };
    match scan(sql).find(is_it) {
        Some(Piece { range, .. }) => format!("{}{other}{}", &sql[..range.start], &sql[range.end..]),
        None => sql.to_owned(),
    }
}

/// The parameter of `$1`, whose number directly follows, and the end of both.
fn parameter<'l>(sql: &str, next: &[Piece], at: usize, all: &'l [Literal]) -> Option<(&'l Literal, usize)> {
    let Piece { kind: Kind::Word, range } = next.first()? else { return None };
    let number: usize = sql[range.clone()].parse().ok().filter(|_| range.start == at)?;
    Some((all.get(number.checked_sub(1)?)?, range.end))
}

/// Appends blanks and line ends: trailing blanks are dropped, and every line end becomes LF.
fn space(out: &mut String, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.contains('\n') {
        out.truncate(out.trim_end_matches([' ', '\t']).len());
        let indent = &text[text.rfind('\n').map_or(0, |end| end + 1)..];
        out.push('\n');
        out.push_str(indent);
    } else if !out.ends_with([' ', '\n']) {
        out.push_str(&text);
    }
}

/// True for CR, which would become a line end, and for invisible characters.
fn is_changed(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

/// True if a prefix determines the reading of a literal: `U&'…'`, `N'…'`, or a string that it continues.
fn has_prefix(sql: &str, before: &[Piece], range: &Range<usize>) -> bool {
    let touches = before.last().is_some_and(|last| {
        last.range.end == range.start && (matches!(last.kind, Kind::Word) || &sql[last.range.clone()] == "&")
    });
    let goes_on = before.iter().rev().find(|piece| piece.kind.is_code()).is_some_and(|last| last.kind == Kind::String);
    touches || goes_on
}

/// A literal in the form with escapes.
fn escaped(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Dollar => quoted(&text[between_tags(text)]),
        // Its backslashes are already escapes.
        _ if text.starts_with(['e', 'E']) => {
            text.chars().map(|c| if is_changed(c) { escape(c) } else { c.to_string() }).collect()
        }
        _ => quoted(&text[1..text.len() - 1].replace("''", "'")),
    }
}

fn escape(c: char) -> String {
    match c {
        '\r' => "\\r".to_owned(),
        c => format!("\\u{:04X}", u32::from(c)),
    }
}

/// A text as a literal, with standard_conforming_strings on.
pub fn quoted(text: &str) -> String {
    if !text.contains(is_changed) {
        return format!("'{}'", text.replace('\'', "''"));
    }
    let escaped = text.chars().map(|c| match c {
        '\\' => "\\\\".to_owned(),
        '\'' => "''".to_owned(),
        c if is_changed(c) => escape(c),
        c => c.to_string(),
    });
    format!("E'{}'", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, cast: Option<&str>, is_left_to_place: bool) -> Literal {
        Literal { text: Some(text.to_owned()), cast: cast.map(str::to_owned), is_left_to_place }
    }

    #[track_caller]
    fn writes(sql: &str, parameters: &[Literal], wanted: &str) {
        assert_eq!(written(sql, parameters).unwrap(), wanted);
    }

    #[test]
    fn comments_and_blanks_at_the_end_of_lines_go() {
        writes("CREATE TABLE t (\r\n\tid int, \n\tb int -- x\n)", &[], "CREATE TABLE t (\n\tid int,\n\tb int\n)");
        writes("SELECT/* a */1 -- lockgate:run-as-is", &[], "SELECT 1");
        writes("SELECT '-- no comment', $$ /* nor here */ $$", &[], "SELECT '-- no comment', $$ /* nor here */ $$");
    }

    #[test]
    fn a_control_character_in_a_literal_is_escaped() {
        writes("SELECT 'a\r\nb', 'it''s \\'", &[], "SELECT E'a\\r\nb', 'it''s \\'");
        writes("SELECT 'it''s\r\\'", &[], "SELECT E'it''s\\r\\\\'");
        writes("SELECT E'a\\n\r'", &[], "SELECT E'a\\n\\r'");
        writes(
            "CREATE FUNCTION f() RETURNS int AS $f$ a'\r\n $f$",
            &[],
            "CREATE FUNCTION f() RETURNS int AS E' a''\\r\n '",
        );
        for sql in ["SELECT N'a\r'", "SELECT U&'a\r'", "SELECT 'a'\n'b\r'", "SELECT 1 AS \"a\r\""] {
            assert!(written(sql, &[]).is_err(), "{sql:?}");
        }
    }

    #[test]
    fn a_cursor_gets_another_name() {
        let sql = renamed("DECLARE \"c_7ff\" CURSOR FOR SELECT c_7ff", "c_7ff", "cursor_1");
        assert_eq!(sql, "DECLARE cursor_1 CURSOR FOR SELECT c_7ff");
        assert_eq!(renamed("FETCH 1 FROM C_7FF", "c_7ff", "cursor_1"), "FETCH 1 FROM cursor_1");
    }

    #[test]
    fn values_stand_where_parameters_stood() {
        let parameters = [of("5", Some("integer"), true), of("it's", None, false), of("1", Some("smallint"), false)];
        writes(
            "INSERT INTO t VALUES ($1, $2, $1::INTEGER, $3::INTEGER, $1[1], '$1')",
            &parameters,
            "INSERT INTO t VALUES ('5'::integer, 'it''s', '5'::INTEGER, '1'::smallint::INTEGER, ('5'::integer)[1], '$1')",
        );
        let null = Literal { text: None, cast: Some("text".to_owned()), is_left_to_place: false };
        writes("SELECT $1", &[null], "SELECT NULL::text");
        writes("SELECT $1", &[], "SELECT $1");
    }
}
