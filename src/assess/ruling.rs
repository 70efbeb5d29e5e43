//! One unit's ruling.

use super::advice::Advice;
use super::verdict::{Action, Decision};
use crate::catalog::Difference;

/// What is done with a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    pub decision: Decision,
    pub reason: Box<str>,
    /// For this unit alone; `AsWritten` is the unit's own SQL.
    pub action: Action,
    /// For a person; few have it.
    aside: Option<Box<Aside>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Aside {
    difference: Option<Difference>,
    next: Vec<Advice>,
    provisional: Option<String>,
}

impl Ruling {
    pub fn new(decision: Decision, reason: impl Into<Box<str>>) -> Self {
        let action = if matches!(decision, Decision::Apply | Decision::Run | Decision::Converge) {
            Action::AsWritten
        } else {
            Action::Nothing
        };
        Self { decision, reason: reason.into(), action, aside: None }
    }

    pub fn converge(reason: impl Into<Box<str>>, sql: Vec<String>) -> Self {
        Self { action: Action::Instead(sql.into()), ..Self::new(Decision::Converge, reason) }
    }

    pub fn conflict(reason: impl Into<Box<str>>, difference: Option<Difference>) -> Self {
        Self::new(Decision::Conflict, reason).differing(difference)
    }

    pub fn saying(self, reason: impl Into<Box<str>>) -> Self {
        Self { reason: reason.into(), ..self }
    }

    pub fn refused(self) -> Self {
        Self { decision: Decision::Conflict, action: Action::Nothing, ..self }
    }

    fn aside(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    pub fn differing(mut self, difference: Option<Difference>) -> Self {
        if difference.is_some() {
            self.aside().difference = difference;
        }
        self
    }

    pub fn offering(mut self, next: impl IntoIterator<Item = impl Into<Advice>>) -> Self {
        self.aside().next.extend(next.into_iter().map(Into::into));
        self
    }

    pub fn provisionally(mut self, why: String) -> Self {
        self.aside().provisional = Some(why);
        self
    }

    pub fn difference(&self) -> Option<&Difference> {
        self.aside.as_ref()?.difference.as_ref()
    }

    /// SQL or directives to choose from.
    pub fn next(&self) -> &[Advice] {
        self.aside.as_ref().map_or(&[], |aside| &aside.next)
    }

    /// Why a plan could not give the last word.
    pub fn provisional(&self) -> Option<&str> {
        self.aside.as_ref()?.provisional.as_deref()
    }
}
