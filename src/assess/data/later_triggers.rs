//! A statement on data whose table already has a trigger that the chain creates only later: a fresh run does without it.

use super::Case;
use super::unknown::cannot_tell;
use crate::assess::reason::{Doubt, Reason};
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::{CatalogError, Found, Key};
use crate::statement::change::question;

impl Case<'_> {
    /// A statement that is to run and would change nothing is done; any other cannot be decided.
    pub(super) async fn without_later_triggers(&self, ruling: Ruling) -> Result<Ruling, CatalogError> {
        let Some(trigger) = self.later_trigger().filter(|_| ruling.decision == Decision::Run) else {
            return Ok(ruling);
        };
        if !self.probe.asks_data {
            return Ok(Ruling::new(Decision::Run, Reason::WouldAsk));
        }
        if self.number(question::would_change(&self.data)).await? == Some(0) && !self.is_in_motion().await? {
            return Ok(Ruling::new(Decision::Satisfied, Reason::AddsNothing));
        }
        Ok(cannot_tell(Doubt::LaterTrigger { trigger: trigger.clone() }))
    }

    fn later_trigger(&self) -> Option<&Key> {
        let timeline = self.judge.timeline;
        let on_table = self.judge.evidence.catalog.on(self.target()?);
        let triggers = on_table.filter(|(_, found)| matches!(found, Found::Trigger(_))).map(|(key, _)| key);
        let mut new = triggers.filter(|key| timeline.at(key, self.at).is_none_or(|value| !value.is_present()));
        new.find(|key| self.judge.is_made_later(self.at, key))
    }
}
