//! The work under the lock: judged and executed in as many turns as needed.

use super::{Gate, Goal, Work, own_rights, still_applied};
use crate::catalog::{CatalogError, How};
use crate::config::Patience;
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::Terms;
use crate::lock::Held;
use crate::plan::{self, Judging, PlanError, Reading};
use crate::progress::Note;

impl Gate {
    /// Works turn by turn: a revision that ensures a state is judged after all revisions before it are applied.
    pub(super) async fn judge_and_execute(
        &self,
        held: &Held,
        patience: &Patience,
        readings: Vec<Reading>,
        mut table: Table,
        terms: &Terms,
    ) -> Result<Work, Failure> {
        let left_out = self.left_out();
        let elsewhere = self.elsewhere(held.session(), &table, terms).await?;
        self.no_other(held.session(), &table).await?;
        elsewhere.iter().for_each(|other| tracing::warn!("{other}"));
        let mut applied = Vec::new();
        for readings in turns(readings) {
            match self.turn(held, (patience, terms, &elsewhere, &left_out), readings, &mut table).await? {
                Work::Whole { applied: ids } => applied.extend(ids),
                ended @ (Work::Interrupted { .. } | Work::Unexpected { .. } | Work::NothingLeft { .. }) => {
                    return Ok(ended.behind(applied));
                }
            }
        }
        if !matches!(self.goal, Goal::Down(_)) {
            self.again(held, patience, &left_out, table).await;
        }
        Ok(Work::Whole { applied })
    }

    async fn turn(
        &self,
        held: &Held,
        (patience, terms, elsewhere, left_out): (&Patience, &Terms, &[String], &[Note]),
        readings: Vec<Reading>,
        table: &mut Table,
    ) -> Result<Work, Failure> {
        let applied = still_applied(&readings, table);
        let rights = own_rights(terms);
        let history = table.name.to_string();
        let first = self.is_first(table).then(|| self.first(&history, elsewhere));
        let judging = Judging { rights: &rights, first, ..self.judging((&applied, left_out), table, How::Build, true) };
        match plan::judge(held.session(), judging, readings).await {
            Ok(plan) => {
                let all: Vec<usize> = applied.iter().copied().chain(plan.iter().map(|planned| planned.at)).collect();
                let deepest = plan.iter().map(plan::Planned::depth).fold(table.deepest, usize::max);
                let after =
                    Table { begun: None, applied: all, there: table.there.once_written(), deepest, ..table.clone() };
                self.execute(held, patience, &plan, std::mem::replace(table, after)).await
            }
            Err(PlanError::Catalog(CatalogError::Lost(because))) => {
                Ok(Work::Interrupted { applied: Vec::new(), because: because.into() })
            }
            Err(refused) => Err(refused.into()),
        }
    }
}

/// Splits before each revision that ensures a state.
fn turns(readings: Vec<Reading>) -> Vec<Vec<Reading>> {
    if !readings.is_empty() && !readings.iter().skip(1).any(Reading::ensures) {
        return vec![readings];
    }
    let mut turns: Vec<Vec<Reading>> = Vec::new();
    for reading in readings {
        match turns.last_mut() {
            Some(turn) if !reading.ensures() => turn.push(reading),
            _ => turns.push(vec![reading]),
        }
    }
    turns
}
