//! The first contact with a database: an empty history, and perhaps others beside it.

use super::{Gate, GateError, Goal};
use crate::config::FirstContact;
use crate::connect::Session;
use crate::execute::Table;
use crate::history::{Elsewhere, Terms};
use crate::plan::First;

impl Gate {
    /// Histories of this chain in other schemas, in words; only checked if this one is empty.
    ///
    /// # Errors
    /// The schema is the current one only because it has the role's name (`"$user"` in the path), and the chain has a history in
    /// another schema: tables created here would hide the ones that the app uses.
    pub(super) async fn elsewhere(
        &self,
        session: &Session,
        table: &Table,
        terms: &Terms,
    ) -> Result<Vec<String>, GateError> {
        if !self.is_first(table) {
            return Ok(Vec::new());
        }
        let found = terms.elsewhere(session, &self.config.chain.history_table, &self.chain).await;
        let others = found.iter().map(|other| told(other, table)).collect::<Vec<_>>();
        let is_refused = terms.is_by_chance && self.config.policy.first_contact != FirstContact::Migrate;
        if is_refused && !others.is_empty() {
            return Err(GateError::HistoryElsewhere { schema: table.name.schema.clone(), others });
        }
        Ok(others)
    }

    /// True if this history is empty.
    pub(super) fn is_first(&self, table: &Table) -> bool {
        table.applied.is_empty() && table.begun.is_none() && !matches!(self.goal, Goal::Down(_))
    }

    pub(super) fn first<'a>(&self, history: &'a str, elsewhere: &'a [String]) -> First<'a> {
        First { policy: self.config.policy.first_contact, history, elsewhere }
    }
}

fn told(other: &Elsewhere, table: &Table) -> String {
    let Elsewhere { table: there, revisions } = other;
    format!(
        "{there} is a history of this chain too ({revisions} of its revisions), and not taken for {}: \
         LOCKGATE_HISTORY_TABLE={} goes on with it",
        table.name,
        there.written()
    )
}
