//! Equality of expressions by their parse trees, without the server.
//!
//! A script's names mean the catalog's objects only if no other object can be meant: the server qualifies every name outside
//! pg_catalog, and a script does not.

use super::canonical;
use super::definition::{Column, Constraint, ConstraintKind, DefaultValue, Definition, Index};
use super::found::{Found, FoundColumn, FoundConstraint, FoundDefault, FoundIndex};
use super::key::Key;
use super::names::Surroundings;
use super::prove::Question;
use super::types::{self, Types};
use crate::pg::name::QualifiedName;
use crate::sql::clauses::check_in;
use crate::sql::equality::{
    OF_THE_SERVER, Words, is_same_domain, is_same_expression, is_same_policy, is_same_query, is_same_statement,
};
use crate::sql::{Names, shape};

/// True if the text of a script's definition proves that it equals the existing one.
pub fn is_told(question: &Question<'_>, surroundings: &Surroundings) -> bool {
    if question.wanted.is_made_again() {
        return false;
    }
    let meaning = Meaning { path: question.wanted.path(), surroundings };
    let words = Words { names: Some(&meaning), table: question.key.relation() };
    meaning.is_of_the_system_first() && is_same(question, words)
}

fn is_same(question: &Question<'_>, words: Words<'_>) -> bool {
    match (question.wanted, question.found) {
        (Definition::Default(Some(DefaultValue::Expr { expr, .. })), Found::Default(Some(found))) => {
            is_same_default(&expr.sql, found, words)
        }
        (Definition::Column(wanted), Found::Column(found)) => is_same_column(wanted, found, words),
        (Definition::Constraint(wanted), Found::Constraint(found)) if found.kind == 'c' => {
            is_same_check(wanted, found, words)
        }
        (Definition::Index(wanted), Found::Index(found)) => is_same_index(wanted, found, words),
        (Definition::Trigger { build, .. }, Found::Trigger(found)) => {
            is_same_statement(&build.fill("own", "t"), &canonical::trigger_text(found, "own", "t"), unhung(words))
        }
        (Definition::Rule { build, .. }, Found::Rule(found)) => {
            is_same_statement(&build.fill("own", "t"), &canonical::rule_text(found, "own", "t"), unhung(words))
        }
        (Definition::Policy { build, .. }, Found::Policy(found)) => {
            is_same_policy(&build.fill("own", "t"), &canonical::policy_text(found, "own", "t"), words)
        }
        (Definition::View { build, .. }, Found::View(found)) => {
            is_same_query(&build.fill("own", ""), &found.query, unhung(words))
        }
        (Definition::Domain { build, .. }, Found::Domain(_)) => {
            let (Key::Type(name), found) = (question.key, domain_text(question.found)) else { return false };
            is_same_domain(&build.fill("own", ""), &found, &name.name, unhung(words))
        }
        _ => false,
    }
}

/// The words with all qualifiers significant.
fn unhung(words: Words<'_>) -> Words<'_> {
    Words { table: None, ..words }
}

fn is_same_default(wanted: &str, found: &FoundDefault, words: Words<'_>) -> bool {
    is_same_expression(wanted, &found.expression, words)
        || shape::is_literal(wanted)
            && is_same_expression(&typed(wanted, &found.format), &found.expression, OF_THE_SERVER)
}

fn is_same_column(wanted: &Column, found: &FoundColumn, words: Words<'_>) -> bool {
    let (Some(generated), Some((expression, _))) = (&wanted.generated, &found.generated) else { return false };
    types::compare(&wanted.type_, &found.type_, &found.format) == Types::Equal
        && is_same_expression(&generated.expr.sql, expression, words)
}

fn is_same_check(wanted: &Constraint, found: &FoundConstraint, words: Words<'_>) -> bool {
    let checks = check_in(&wanted.build.fill("own", "t")).zip(found.check_expression());
    wanted.kind == ConstraintKind::Check { no_inherit: found.no_inherit }
        && checks.is_some_and(|(checked, found)| is_same_expression(&checked, &found, words))
}

fn is_same_index(wanted: &Index, found: &FoundIndex, words: Words<'_>) -> bool {
    let words = Words { table: Some(&wanted.table), ..words };
    is_same_statement(&wanted.build.fill("own", "t"), &found.statement(), words)
}

fn domain_text(found: &Found) -> String {
    format!("CREATE DOMAIN own AS {}", canonical::text(found))
}

/// A literal as the server stores it for a column: with the column's type, without its length.
fn typed(literal: &str, format: &str) -> String {
    let type_ = match (format.find('('), format.find(')')) {
        (Some(open), Some(close)) if open < close => format!("{}{}", &format[..open], &format[close + 1..]),
        _ => format.to_owned(),
    };
    format!("{literal}::{type_}")
}

/// True if two deparsed objects are equal although their texts differ.
pub(super) fn is_same_reading(one: &Found, other: &Found) -> bool {
    let same_statement = |one: &str, other: &str| is_same_statement(one, other, OF_THE_SERVER);
    match (one, other) {
        (Found::Default(Some(one)), Found::Default(Some(other))) => {
            is_same_expression(&one.expression, &other.expression, OF_THE_SERVER)
        }
        (Found::Column(one), Found::Column(other)) => match (&one.generated, &other.generated) {
            (Some((expression, stored)), Some((other_expression, other_stored))) => {
                (&one.format, &one.collation, stored) == (&other.format, &other.collation, other_stored)
                    && is_same_expression(expression, other_expression, OF_THE_SERVER)
            }
            _ => false,
        },
        (Found::Constraint(one), Found::Constraint(other)) if one.kind == 'c' && other.kind == 'c' => {
            let checks = one.check_expression().zip(other.check_expression());
            one.no_inherit == other.no_inherit
                && checks.is_some_and(|(one, other)| is_same_expression(&one, &other, OF_THE_SERVER))
        }
        (Found::Index(one), Found::Index(other)) => same_statement(&one.statement(), &other.statement()),
        (Found::Trigger(one), Found::Trigger(other)) => {
            same_statement(&canonical::trigger_text(one, "own", "t"), &canonical::trigger_text(other, "own", "t"))
        }
        (Found::Policy(one), Found::Policy(other)) => {
            let [one, other] = [one, other].map(|policy| canonical::policy_text(policy, "own", "t"));
            is_same_policy(&one, &other, OF_THE_SERVER)
        }
        (Found::View(view), Found::View(other)) => {
            view.columns == other.columns
                && is_same_query(&format!("CREATE VIEW own AS {}", view.query), &other.query, OF_THE_SERVER)
        }
        _ => false,
    }
}

/// The resolution of a statement's names: along its search_path, among the existing objects.
struct Meaning<'a> {
    path: &'a [String],
    surroundings: &'a Surroundings,
}

impl Meaning<'_> {
    /// False if a schema precedes pg_catalog in the path: its objects are found before the built-in ones.
    fn is_of_the_system_first(&self) -> bool {
        self.path.iter().position(|schema| schema == SYSTEM).is_none_or(|at| at == 0)
    }

    fn others(&self) -> impl Iterator<Item = &String> {
        self.path.iter().filter(|schema| *schema != SYSTEM)
    }

    /// The first schema that contains the name.
    fn home(&self, name: &str, has: impl Fn(&QualifiedName) -> bool) -> Option<String> {
        let schemas = std::iter::once(SYSTEM).chain(self.others().map(String::as_str));
        schemas.map(|schema| named(schema, name)).find(has).map(|found| found.schema.clone())
    }
}

const SYSTEM: &str = "pg_catalog";

fn named(schema: &str, name: &str) -> QualifiedName {
    QualifiedName::new(schema, name)
}

impl Names for Meaning<'_> {
    fn relation(&self, name: &str) -> Option<String> {
        self.home(name, |name| self.surroundings.relations.contains_key(name))
    }

    fn type_(&self, name: &str) -> Option<String> {
        self.home(name, |name| self.surroundings.types.contains(name))
    }

    fn collation(&self, name: &str) -> Option<String> {
        self.home(name, |name| self.surroundings.collations.contains(name))
    }

    fn function(&self, schema: Option<&str>, name: &str) -> Option<String> {
        let all = |schema: &str| self.surroundings.functions.get(&named(schema, name)).map_or(0, Vec::len);
        if let Some(schema) = schema {
            return (schema == SYSTEM || all(schema) == 1).then(|| schema.to_owned());
        }
        let homes: Vec<&String> = self.others().filter(|schema| all(schema) > 0).collect();
        match homes.as_slice() {
            [] => Some(SYSTEM.to_owned()),
            [home] if all(SYSTEM) == 0 && all(home) == 1 => Some((*home).clone()),
            _ => None,
        }
    }

    fn is_systems_operator(&self, name: &str) -> bool {
        !self.others().any(|schema| self.surroundings.operators.contains_key(&named(schema, name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::found::FoundDefault;
    use crate::catalog::key::Key;
    use crate::catalog::names::FunctionFacts;
    use crate::sql::Expr;

    fn told(wanted: &str, found: &str, format: &str, surroundings: &Surroundings) -> bool {
        let key = Key::Default(QualifiedName::new("public", "t"), "a".to_owned());
        let expr = Expr { sql: wanted.to_owned(), columns: Vec::new(), calls: Vec::new(), nextval: None };
        let path = ["public".to_owned()].into();
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
        let name = |name: &str| QualifiedName::new("public", name);
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
    }
}
