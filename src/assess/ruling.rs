//! One unit's ruling.

use super::advice::Advice;
use super::reason::Reason;
use super::verdict::Decision;
use crate::catalog::{Difference, Key};
use crate::pg::name::QualifiedName;

/// The treatment of a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    pub decision: Decision,
    /// None if the decision needs no reason.
    pub reason: Option<Box<Reason>>,
    pub action: UnitAction,
    /// Facts for people; few rulings have any.
    aside: Option<Box<Aside>>,
}

/// The work that is sent to the server for one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitAction {
    /// The unit's own SQL.
    AsWritten,
    Nothing,
    Instead(Box<[Fix]>),
}

/// One of the statements that are sent in a unit's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    Sql(String),
    /// The unit's own SQL, before or after other statements.
    AsWritten,
}

impl From<String> for Fix {
    fn from(sql: String) -> Self {
        Self::Sql(sql)
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Aside {
    difference: Option<Difference>,
    next: Vec<Advice>,
    provisional: Option<Reason>,
    tolerated: Vec<Key>,
    rows_present: Option<(QualifiedName, i64)>,
}

impl Ruling {
    pub fn new(decision: Decision, reason: Reason) -> Self {
        Self { reason: Some(reason.into()), ..Self::plain(decision) }
    }

    /// A ruling without a reason.
    pub fn plain(decision: Decision) -> Self {
        let action = if matches!(decision, Decision::Apply | Decision::Run | Decision::Converge) {
            UnitAction::AsWritten
        } else {
            UnitAction::Nothing
        };
        Self { decision, reason: None, action, aside: None }
    }

    pub fn converge(reason: Reason, fixes: impl IntoIterator<Item = impl Into<Fix>>) -> Self {
        let fixes = fixes.into_iter().map(Into::into).collect();
        Self { action: UnitAction::Instead(fixes), ..Self::new(Decision::Converge, reason) }
    }

    pub fn conflict(reason: Reason, difference: Option<Difference>) -> Self {
        Self::new(Decision::Conflict, reason).differing(difference)
    }

    pub fn saying(self, reason: Reason) -> Self {
        Self { reason: Some(reason.into()), ..self }
    }

    /// Another decision for the same reason, as written or not at all, without advice.
    pub fn in_its_turn(self, decision: Decision) -> Self {
        Self { reason: self.reason, ..Self::plain(decision) }
    }

    pub fn refused(self) -> Self {
        Self { decision: Decision::Conflict, action: UnitAction::Nothing, ..self }
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

    pub fn provisionally(mut self, why: Reason) -> Self {
        self.aside().provisional = Some(why);
        self
    }

    /// Keys that differ from every expectation and are left as they are.
    pub fn tolerating(mut self, keys: Vec<Key>) -> Self {
        if !keys.is_empty() {
            self.aside().tolerated = keys;
        }
        self
    }

    /// The number of the table's rows that belong to an INSERT, which ran.
    pub fn with_rows_present(mut self, table: QualifiedName, rows: i64) -> Self {
        self.aside().rows_present = Some((table, rows));
        self
    }

    pub fn tolerated(&self) -> &[Key] {
        self.aside.as_ref().map_or(&[], |aside| &aside.tolerated)
    }

    pub fn rows_present(&self) -> Option<&(QualifiedName, i64)> {
        self.aside.as_ref()?.rows_present.as_ref()
    }

    pub fn difference(&self) -> Option<&Difference> {
        self.aside.as_ref()?.difference.as_ref()
    }

    /// SQL or directives to choose from.
    pub fn next(&self) -> &[Advice] {
        self.aside.as_ref().map_or(&[], |aside| &aside.next)
    }

    /// The reason why a plan's verdict is provisional.
    pub fn provisional(&self) -> Option<&Reason> {
        self.aside.as_ref()?.provisional.as_ref()
    }
}
