//! A statement that gives a sequence a position: the sequence itself shows if it ran.

use super::{Case, cannot_tell};
use crate::assess::reason::{Doubt, Reason};
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::CatalogError;
use crate::statement::change::question;
use crate::statement::change::{PositionOf, Positions};

impl Case<'_> {
    /// `doubt` is the reason why the statement may not run again without an answer.
    pub(super) async fn ask_position(
        &self,
        sets: &Positions,
        is_still: bool,
        doubt: Doubt,
    ) -> Result<Ruling, CatalogError> {
        let Some(sequence) = self.quoted_sequence(&sets.sequence).await? else { return Ok(cannot_tell(doubt)) };
        let is_still = is_still && self.pending_writes.is_empty();
        let reads_none = self.data.reads.iter().all(|read| self.data.writes.contains(read));
        let Some(found) = self.number(Some(question::position(sets, &sequence))).await? else {
            return Ok(cannot_tell(doubt));
        };
        let is = |state: i64| found & state != 0;
        Ok(if is(question::POSITION_EQUAL) && is_still {
            Ruling::new(Decision::Satisfied, Reason::PositionReached)
        } else if is(question::POSITION_UNUSED) {
            Ruling::new(Decision::Run, Reason::SequenceUnused)
        } else if is(question::POSITION_BEFORE) && (is_still || reads_none) {
            Ruling::new(Decision::Run, Reason::PositionAhead)
        } else if is_still {
            cannot_tell(Doubt::PositionPassed)
        } else {
            cannot_tell(Doubt::PositionMoves)
        })
    }

    /// The sequence's name in SQL; none if it cannot be found.
    async fn quoted_sequence(&self, of: &PositionOf) -> Result<Option<String>, CatalogError> {
        match of {
            PositionOf::Sequence(named) => Ok(Some(question::quoted(named))),
            PositionOf::Column { table, column } if self.probe.asks_data => {
                self.probe.text(&question::sequence_of(table, column), &self.unit.path).await
            }
            PositionOf::Column { .. } => Ok(None),
        }
    }
}
