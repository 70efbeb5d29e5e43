//! An answer other than the one that a script expects.

use crate::chain::compiled::Class;
use crate::plan::Named;
use crate::statement::Statement;

/// A statement whose answer violates its `lockgate:expect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexpected {
    revision: String,
    /// `0006_add_rate_limiting.sql:12:5`.
    pub(super) place: String,
    /// The statement, without secrets.
    shown: String,
    pub(super) expected: String,
    pub(super) found: String,
    class: Option<Class>,
}

impl Unexpected {
    pub(super) fn new(
        script: Named<'_>,
        class: Option<Class>,
        statement: &Statement,
        expected: String,
        found: String,
    ) -> Self {
        Self {
            revision: script.id.to_owned(),
            place: format!("{}:{}:{}", script.file, statement.line, statement.column),
            shown: statement.shown(script.text),
            expected,
            found,
            class,
        }
    }

    /// The id of its revision, which is rolled back completely.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// True if its script was compiled from a program.
    pub fn is_compiled(&self) -> bool {
        self.class.is_some()
    }

    /// The mismatch in one line.
    pub fn told(&self) -> String {
        format!("{}: {} expected, and the answer is {}", self.place, self.expected, self.found)
    }

    pub(super) fn details(&self) -> Vec<String> {
        let saw = self.class.filter(|class| class.is_whole()).map(|class| {
            let what = if class == Class::Counts { "counts rows" } else { "reads rows" };
            format!(
                "revision {} {what} and may decide by them: when it was compiled it met {}, here {}",
                self.revision, self.expected, self.found
            )
        });
        saw.into_iter().chain([format!("statement: {}", self.shown)]).collect()
    }

    pub(super) fn next(&self) -> Option<String> {
        self.class.map(|_| {
            format!(
                "have Alembic run {}: set LOCKGATE_RUNNER, as in `alembic upgrade {{target}}`, or use the image that has Python",
                self.revision
            )
        })
    }
}
