//! Equality of expressions without the server, on the parse trees.
//!
//! A script's words mean what the catalog's mean only where no other object can be meant by them: the server writes every name but
//! pg_catalog's with its schema, and a script does not.

use super::definition::{DefaultValue, Definition};
use super::explain::within;
use super::found::Found;
use super::names::Surroundings;
use super::prove::Question;
use crate::pg::name::QualifiedName;
use crate::sql::change::Named;
use crate::sql::shape::{self, Mentions};

/// Whether a script's definition is what stands there, as its words show.
pub fn is_told(question: &Question<'_>, surroundings: &Surroundings) -> bool {
    if question.wanted.is_made_again() {
        return false;
    }
    let same = |wanted: &str, found: &str, path: &[String]| {
        shape::is_same_expression(wanted, found) && means_the_same(wanted, path, surroundings)
    };
    match (question.wanted, question.found) {
        (Definition::Default(Some(DefaultValue::Expr { expr, path, .. })), Found::Default(Some(found))) => {
            let is_typed = || shape::is_same_expression(&typed(&expr.sql, &found.format), &found.expression);
            same(&expr.sql, &found.expression, path) || shape::is_literal(&expr.sql) && is_typed()
        }
        (Definition::Constraint(wanted), Found::Constraint(found)) if found.kind == 'c' => {
            let text = wanted.build.fill("own", "t");
            let checks = within(&text, "CHECK").zip(within(&found.definition, "CHECK"));
            text.contains("NO INHERIT") == found.no_inherit
                && checks.is_some_and(|(checked, found)| same(checked, found, &wanted.path))
        }
        (Definition::Index(wanted), Found::Index(found)) => {
            let (text, unique) = (wanted.build.fill("own", "t"), if found.unique { "UNIQUE " } else { "" });
            let found = format!("CREATE {unique}INDEX own ON t {}", found.definition);
            shape::is_same_index(&text, &found)
                && shape::mentions_of(&text).is_some_and(|all| is_plain(&all, &wanted.path, surroundings))
        }
        _ => false,
    }
}

/// A literal as the server keeps it for a column: of the column's type, without its length.
fn typed(literal: &str, format: &str) -> String {
    let type_ = match (format.find('('), format.find(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &format[..open], &format[close + 1..]),
        _ => format.to_owned(),
    };
    format!("{literal}::{type_}")
}

/// Whether two objects that the server wrote down are one, though the texts differ.
pub(super) fn is_same_reading(one: &Found, other: &Found) -> bool {
    match (one, other) {
        (Found::Default(Some(one)), Found::Default(Some(other))) => {
            shape::is_same_expression(&one.expression, &other.expression)
        }
        (Found::Constraint(one), Found::Constraint(other)) if one.kind == 'c' && other.kind == 'c' => {
            let checks = within(&one.definition, "CHECK").zip(within(&other.definition, "CHECK"));
            one.no_inherit == other.no_inherit
                && checks.is_some_and(|(one, other)| shape::is_same_expression(one, other))
        }
        (Found::Index(one), Found::Index(other)) => {
            let text = |definition: &str| format!("CREATE INDEX own ON t {definition}");
            one.unique == other.unique && shape::is_same_index(&text(&one.definition), &text(&other.definition))
        }
        _ => false,
    }
}

fn means_the_same(wanted: &str, path: &[String], surroundings: &Surroundings) -> bool {
    shape::mentions(wanted).is_some_and(|all| is_plain(&all, path, surroundings))
}

/// Whether every name can mean one thing only.
fn is_plain(all: &Mentions, path: &[String], surroundings: &Surroundings) -> bool {
    // Where pg_catalog is named behind another schema, that one's objects come before the server's.
    let system_is_first = path.iter().position(|schema| schema == "pg_catalog").is_none_or(|at| at == 0);
    let named = |schema: &str, name: &str| QualifiedName { schema: schema.to_owned(), name: name.to_owned() };
    let others = || path.iter().filter(|schema| *schema != "pg_catalog");
    let is_one_function = |call: &Named| match call.schema.as_deref() {
        Some("pg_catalog") => true,
        Some(schema) => surroundings.functions.get(&named(schema, &call.name)).is_some_and(|all| all.len() == 1),
        None => !others().any(|schema| surroundings.functions.contains_key(&named(schema, &call.name))),
    };
    let is_of_system =
        |operator: &String| !others().any(|schema| surroundings.operators.contains_key(&named(schema, operator)));
    system_is_first
        && !all.subqueries
        && all.calls.iter().all(is_one_function)
        && all.operators.iter().all(is_of_system)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::found::FoundDefault;
    use crate::catalog::key::Key;
    use crate::catalog::names::FunctionFacts;
    use crate::sql::change::Expr;

    fn told(wanted: &str, found: &str, format: &str, surroundings: &Surroundings) -> bool {
        let key = Key::Default(QualifiedName { schema: "public".to_owned(), name: "t".to_owned() }, "a".to_owned());
        let expr = Expr { sql: wanted.to_owned(), columns: Vec::new(), calls: Vec::new(), nextval: None };
        let path = vec!["public".to_owned()];
        let wanted = Definition::Default(Some(DefaultValue::Expr { expr, path, since: Vec::new() }));
        let found = FoundDefault { expression: found.to_owned(), next: None, format: format.to_owned() };
        let found = Found::Default(Some(found));
        is_told(&Question { key: &key, wanted: &wanted, found_key: &key, found: &found }, surroundings)
    }

    #[test]
    fn a_literal_is_of_its_columns_type() {
        let none = Surroundings::default();
        assert!(told("'ok'", "'ok'::public.mood", "public.mood", &none));
        assert!(told("'abc'", "'abc'::character varying", "character varying(10)", &none));
        assert!(!told("'ok'", "'ok'::public.other", "public.mood", &none));
        assert!(!told("'ok'", "'sad'::public.mood", "public.mood", &none));
        assert!(!told(
            "'now'",
            "'2026-01-01 00:00:00'::timestamp without time zone",
            "timestamp without time zone",
            &none
        ));
    }

    #[test]
    fn a_name_that_may_be_another_objects_tells_nothing() {
        let none = Surroundings::default();
        let name = |name: &str| QualifiedName { schema: "public".to_owned(), name: name.to_owned() };
        let facts = FunctionFacts { arguments: Vec::new(), volatile: false, extension: None };
        let functions =
            [(name("now"), vec![facts.clone()]), (name("f"), vec![facts.clone()]), (name("g"), vec![facts; 2])];
        let shadowed = Surroundings {
            functions: functions.into(),
            operators: [(name("||"), None)].into(),
            ..Surroundings::default()
        };
        assert!(told("now()", "now()", "timestamp with time zone", &none));
        assert!(!told("now()", "now()", "timestamp with time zone", &shadowed));
        assert!(told("a || b", "(a || b)", "text", &none));
        assert!(!told("a || b", "(a || b)", "text", &shadowed));
        assert!(told("public.f()", "public.f()", "text", &shadowed));
        assert!(!told("public.g()", "public.g()", "text", &shadowed), "one of two");
        assert!(!told("(SELECT 1)", "(SELECT 1)", "integer", &none));
    }
}
