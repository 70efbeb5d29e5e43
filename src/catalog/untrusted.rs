//! What a question would run that belongs to a role that is not trusted: then it is not asked.
//!
//! The planner computes an IMMUTABLE function of constants at once, and an index or a CHECK is computed when it is made, each as the
//! role that asks (PostgreSQL documentation 38.7). READ ONLY is no boundary: COPY … TO PROGRAM and dblink are allowed in it.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

use super::definition::{Constraint, ConstraintKind, Definition};
use super::explain;
use super::names::{Stranger, StrangerKind, Surroundings};
use super::prove::{How, Question};
use crate::sql::names_in;
use crate::sql::operators_in;

/// An object, and whose it is.
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

    /// What SQL may run, by every word in it that names something on the path or in a schema that it names; but for what is trusted
    /// all the same.
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

/// What becomes of the expressions of a definition where it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// They are only parsed.
    Parses,
    Runs,
    /// EXPLAIN runs them, making the object does not.
    RunsInPlan,
}

fn asking(wanted: &Definition) -> Asking {
    match wanted {
        Definition::View { .. } | Definition::Policy { .. } => Asking::RunsInPlan,
        Definition::Default(_)
        | Definition::Column(_)
        | Definition::Queried { .. }
        | Definition::Index(_)
        | Definition::Constraint(Constraint { kind: ConstraintKind::Check | ConstraintKind::Exclude, .. }) => {
            Asking::Runs
        }
        _ => Asking::Parses,
    }
}

impl Question<'_> {
    /// True where making the object would run nothing, where EXPLAIN does.
    pub fn runs_in_plan_alone(&self) -> bool {
        asking(self.wanted) == Asking::RunsInPlan
    }

    /// Whether to ask it computes an expression.
    pub fn runs(&self, how: How) -> bool {
        match asking(self.wanted) {
            Asking::Parses => false,
            Asking::Runs => true,
            Asking::RunsInPlan => how == How::Explain,
        }
    }

    /// A query that runs what the script's words mean; none where there is none.
    pub fn query(&self) -> Option<String> {
        explain::wanted_query(self)
    }

    /// The script's own words.
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
