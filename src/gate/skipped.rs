//! Retries skipped optional statements: with pending work, and at head on request.

use super::Gate;
use crate::catalog::How;
use crate::config::Patience;
use crate::connect::Session;
use crate::execute::{self, Table};
use crate::failure::Failure;
use crate::history::Read;
use crate::lock::{self, Held, Judged, Round};
use crate::pg::name::QualifiedName;
use crate::plan;
use crate::progress::Note;

impl Gate {
    /// The skipped statements, from the first reading of the history.
    pub(super) fn left_out(&self) -> Vec<Note> {
        self.progress.look(|known| known.skipped.clone())
    }

    /// Retries at head, where it has to take the lock first.
    pub(super) async fn again_at_head(&self, session: Session, history: &QualifiedName) -> Result<(), Failure> {
        let ask = self.ask(history);
        let judge = |answer| {
            let (told, rows) = self.told_and_rows(answer)?;
            Ok(Judged::Work(Table::of(&self.chain, &rows, &told.state)))
        };
        // There is nothing to prepare while another gate has the lock.
        let round: Round<(), _> =
            lock::acquire(Some(session), &ask, &self.question(&[Read::Rows]), judge, |_| Ok(())).await?;
        let Round::Held(held, table) = round else { return Ok(()) };
        let patience = self.make_ours(&held).await?;
        self.again(&held, &patience, &self.left_out(), table).await;
        held.release().await;
        Ok(())
    }

    /// Retries each statement; one that still fails blocks nothing.
    pub(super) async fn again(&self, held: &Held, patience: &Patience, left_out: &[Note], table: Table) {
        if left_out.is_empty() {
            return;
        }
        let applied = table.applied.clone();
        let judging = self.judging((&applied, left_out), &table, How::Build, true);
        let plan = match plan::again(held.session(), judging).await {
            Ok(plan) => plan.into_iter().filter(plan::holds).collect::<Vec<_>>(),
            Err(error) => return tracing::warn!("optional statements cannot be tried again: {error}"),
        };
        if let Err(error) = execute::again(held, &plan, table, &self.context(patience)).await {
            tracing::warn!("an optional statement is left out still: {error}");
        }
    }
}
