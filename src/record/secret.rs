//! Secrets that must not be written to a file. Pure.

use crate::chain::scan::{Kind, between_tags, scan};
use crate::sql::holds;
use crate::tool::secrets::Secrets;

/// The values of this process that no file may contain.
#[derive(Clone, Default)]
pub struct Sensitive(Secrets);

/// A shorter value is part of too many other words.
const SHORTEST: usize = 8;

impl Sensitive {
    /// The values of the variables whose names suggest a secret.
    pub fn new<'v>(variables: impl Iterator<Item = (&'v str, &'v str)>) -> Self {
        Self(Secrets::new(None, variables))
    }

    /// True if a statement contains such a value, or code that sets a role's password.
    pub fn is_in(&self, sql: &str, tag: &str) -> bool {
        let has_code = matches!(tag, "DO" | "CREATE FUNCTION" | "CREATE PROCEDURE" | "EXECUTE" | "PREPARE");
        let literals = || scan(sql).filter(|piece| matches!(piece.kind, Kind::String | Kind::Dollar));
        let is_said = |value: &str| literals().any(|piece| says(&sql[piece.range], value));
        self.0.longer_than(SHORTEST).any(is_said) || has_code && gives_password(sql)
    }

    /// The same for copied rows.
    pub fn is_in_rows(&self, rows: &str) -> bool {
        self.0.longer_than(SHORTEST).any(|value| rows.contains(value))
    }
}

/// True if a literal's text contains a value, perhaps with doubled quotes or escaped backslashes.
fn says(literal: &str, value: &str) -> bool {
    let doubled = value.replace('\'', "''");
    literal.contains(value) || literal.contains(&doubled) || literal.contains(&doubled.replace('\\', "\\\\"))
}

/// True if the word PASSWORD precedes a literal, or an expression in its place, at any depth of nested strings.
fn gives_password(code: &str) -> bool {
    if !holds(code, "password") {
        return false;
    }
    let mut pieces = scan(code).filter(|piece| piece.kind.is_code()).peekable();
    while let Some(piece) = pieces.next() {
        let text = &code[piece.range.clone()];
        let is_given = match piece.kind {
            Kind::Word if text.eq_ignore_ascii_case("password") => match pieces.peek() {
                // `… PASSWORD '
                //
                // value`: the string ends before the value.
                None => true,
                Some(next) => {
                    let is_literal = matches!(next.kind, Kind::String | Kind::Dollar);
                    is_literal || code[next.range.clone()].starts_with('%')
                }
            },
            Kind::Dollar => gives_password(&text[between_tags(text)]),
            Kind::String => gives_password(&text.trim_start_matches(['e', 'E']).trim_matches('\'').replace("''", "'")),
            _ => false,
        };
        if is_given {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_code_is_found_at_any_depth() {
        let none = Sensitive::default();
        for sql in [
            "DO $$ BEGIN CREATE ROLE a PASSWORD 'x'; END $$",
            "DO $$ BEGIN EXECUTE 'CREATE USER a PASSWORD ''x'''; END $$",
            "DO $$ BEGIN EXECUTE format('ALTER ROLE a PASSWORD %L', v); END $$",
            "DO $$ BEGIN EXECUTE 'ALTER ROLE a WITH PASSWORD ' || quote_literal(v); END $$",
            "DO 'BEGIN CREATE ROLE a PASSWORD ''x''; END'",
        ] {
            assert!(none.is_in(sql, "DO"), "{sql}");
        }
        for sql in
            ["DO $$ BEGIN UPDATE users SET password = NULL; END $$", "DO $$ BEGIN RAISE 'no password is set'; END $$"]
        {
            assert!(!none.is_in(sql, "DO"), "{sql}");
        }
        assert!(!none.is_in("INSERT INTO words VALUES ('password')", "INSERT"));
    }

    #[test]
    fn a_value_of_a_variable_that_announces_a_secret_is_found() {
        let variables = [
            ("API_KEY", "it's-a-k3y"),
            ("DATABASE_URL", "postgres://a:hunter2hunter2@h/d"),
            ("SHORT_TOKEN", "abc"),
            ("HOME", "/home/somebody"),
        ];
        let sensitive = Sensitive::new(variables.into_iter());
        for (sql, wanted) in [
            ("INSERT INTO t VALUES ('it''s-a-k3y')", true),
            ("INSERT INTO t VALUES ('hunter2hunter2')", true),
            ("INSERT INTO t VALUES ('abc', '/home/somebody')", false),
            ("DO $$ BEGIN PERFORM f('hunter2hunter2'); END $$", true),
            ("CREATE TABLE hunter2hunter2 ()", false),
        ] {
            assert_eq!(sensitive.is_in(sql, "INSERT"), wanted, "{sql}");
        }
    }
}
