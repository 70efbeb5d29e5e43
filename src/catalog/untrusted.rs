//! Objects of roles that are not trusted, and that a question would run: such a question is not asked.
//!
//! The planner evaluates an IMMUTABLE function of constants at once, and an index or a CHECK is evaluated when it is created,
//! each as the asking role (PostgreSQL documentation 38.7). READ ONLY is no protection: it allows COPY … TO PROGRAM and dblink.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use super::definition::{Constraint, ConstraintKind, Definition};
use super::explain;
use super::names::{Stranger, StrangerKind, Surroundings};
use super::prove::{How, Question};
use crate::sql::names_in;
use crate::sql::operators_in;

/// An object and its owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Stray {
    /// `function public.f(text)`.
    pub what: String,
    pub owner: String,
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.what, self.owner)
    }
}

impl Surroundings {
    pub fn trusts(&self, owner: &str) -> bool {
        self.trusted.contains(owner)
    }

    /// An untrusted object that SQL may run: one that a word of the SQL names, on the path or in a schema that the SQL names.
    /// `is_trusted` exempts some.
    pub fn stray(&self, sql: &str, path: &[String], is_trusted: impl Fn(&Stranger) -> bool) -> Option<Stray> {
        if self.strangers.is_empty() && self.operators.values().all(Option::is_none) {
            return None;
        }
        let words: BTreeSet<String> = names_in(sql).collect();
        let is_near = |schema: &String| path.contains(schema) || words.contains(schema);
        let is_named = |it: &&Stranger| words.contains(&it.name.name) && is_near(&it.name.schema);
        if let Some(found) = self.strangers.iter().filter(is_named).find(|it| !is_trusted(it)) {
            let kind = match found.kind {
                StrangerKind::Function => "function",
                StrangerKind::Relation => "relation",
                StrangerKind::Type => "type",
            };
            return Some(Stray { what: format!("{kind} {}", found.name), owner: found.owner.clone() });
        }
        let written = operators_in(sql);
        self.operators.iter().find_map(|(name, owner)| {
            let is_written = written.iter().any(|symbols| symbols.contains(&name.name));
            let owner = owner.clone().filter(|_| is_written && is_near(&name.schema))?;
            Some(Stray { what: format!("operator {name}"), owner })
        })
    }
}

/// The use of a definition's expressions when the question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// They are only parsed.
    Parses,
    Runs,
    /// EXPLAIN runs them, creating the object does not.
    RunsInPlan,
}

fn asking(wanted: &Definition) -> Asking {
    match wanted {
        Definition::View { .. } | Definition::Policy { .. } => Asking::RunsInPlan,
        Definition::Default(_)
        | Definition::Column(_)
        | Definition::Queried { .. }
        | Definition::Index(_)
        | Definition::Constraint(Constraint {
            kind: ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. },
            ..
        }) => Asking::Runs,
        _ => Asking::Parses,
    }
}

impl Question<'_> {
    /// True if EXPLAIN would run an expression, but creating the object would not.
    pub fn runs_in_plan_alone(&self) -> bool {
        asking(self.wanted) == Asking::RunsInPlan
    }

    /// True if asking evaluates an expression.
    pub fn runs(&self, how: How) -> bool {
        match asking(self.wanted) {
            Asking::Parses => false,
            Asking::Runs => true,
            Asking::RunsInPlan => how == How::Explain,
        }
    }

    /// A query that runs the script's expressions; none if there is none.
    pub fn query(&self) -> Option<String> {
        explain::wanted_query(self)
    }

    /// The text of the script's definition.
    pub fn script(&self) -> String {
        explain::wanted_text(self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pg::name::QualifiedName;

    fn name(schema: &str, name: &str) -> QualifiedName {
        QualifiedName::new(schema, name)
    }

    #[test]
    fn what_sql_names_on_its_path_is_what_it_may_run() {
        let stranger = |schema: &str, function: &str| Stranger {
            kind: StrangerKind::Function,
            name: name(schema, function),
            owner: "mallory".to_owned(),
        };
        let surroundings = Surroundings {
            strangers: vec![stranger("public", "lower"), stranger("other", "upper")],
            operators: [
                (name("public", "||"), Some("mallory".to_owned())),
                (name("public", "~~"), Some("mallory".to_owned())),
                (name("public", "%"), None),
            ]
            .into(),
            ..Surroundings::default()
        };
        let path = ["public".to_owned()];
        let found = |sql: &str| surroundings.stray(sql, &path, |_| false).map(|stray| stray.what);
        assert_eq!(found("lower(email)").as_deref(), Some("function public.lower"));
        assert_eq!(found("upper(email)"), None, "its schema is neither on the path nor named");
        assert_eq!(found("other.upper(email)").as_deref(), Some("function other.upper"));
        assert_eq!(found("a || b").as_deref(), Some("operator public.||"));
        assert_eq!(found("a LIKE 'x'").as_deref(), Some("operator public.~~"));
        assert_eq!(found("a % 2 = 0"), None, "an operator of a trusted role");
        assert_eq!(found("'||' = a"), None, "what stands in a literal is no operator");
        assert_eq!(surroundings.stray("a || b", &[], |_| false), None);
    }
}
