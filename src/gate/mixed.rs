//! A compiled chain of which the tool runs some revisions: stretches of scripts, and single revisions between them.

use super::runner::{Revision, Soon, Stage};
use super::{Gate, Goal, Work};
use crate::config::Patience;
use crate::execute::Table;
use crate::failure::Failure;
use crate::history::beside::Place;
use crate::history::{Read, Told};
use crate::lock::Held;
use crate::plan::PlanError;

impl Gate {
    /// Applies the pending revisions, in order.
    ///
    /// # Errors
    /// The tool has to run a revision, and no runner is set: then nothing has run.
    pub(super) async fn stretches(
        &self,
        held: &Held,
        (patience, place): (&Patience, &Place),
        mut left: Vec<usize>,
        (mut table, told): (Table, &Told),
    ) -> Result<Work, Failure> {
        self.refuse_without_tool(&left)?;
        let mut applied = Vec::new();
        loop {
            let stretch: Vec<usize> = left.iter().copied().take_while(|at| !self.is_of_tool(*at)).collect();
            let mut by_tool = left.get(stretch.len()).copied();
            if !stretch.is_empty() {
                let readings = self.still_pending(None, &stretch)?;
                match self.judge_and_execute(held, patience, readings, table.clone(), &told.terms()).await? {
                    Work::Whole { applied: ids } => applied.extend(ids),
                    ended @ (Work::Interrupted { .. } | Work::NothingLeft { .. }) => return Ok(ended.behind(applied)),
                    Work::Unexpected { applied: ids, at } => {
                        applied.extend(ids);
                        by_tool = Some(at);
                    }
                }
            }
            let Some(at) = by_tool else { return Ok(Work::Whole { applied }) };
            table = self.by_tool(held, (patience, place), at).await?;
            applied.push(self.chain.revisions()[at].id.to_string());
            let behind = left.iter().position(|other| *other == at).map_or(left.len(), |place| place + 1);
            left.drain(..behind);
            if left.is_empty() {
                return Ok(Work::Whole { applied });
            }
        }
    }

    /// True if the tool runs the revision instead of its script.
    pub(super) fn is_of_tool(&self, at: usize) -> bool {
        !matches!(self.goal, Goal::Down(_)) && self.chain.revisions()[at].is_of_tool()
    }

    /// # Errors
    /// Names all pending revisions that the tool has to run, if no runner is set.
    pub(super) fn refuse_without_tool(&self, pending: &[usize]) -> Result<(), PlanError> {
        let of_tool = pending.iter().copied().filter(|at| self.is_of_tool(*at));
        let revisions: Vec<String> = of_tool.map(|at| self.chain.revisions()[at].id.to_string()).collect();
        if revisions.is_empty() || self.outside.is_some() { Ok(()) } else { Err(PlanError::NoRunner { revisions }) }
    }

    /// Lets the tool run one revision, and brings our history up to its.
    async fn by_tool(&self, held: &Held, (patience, place): (&Patience, &Place), at: usize) -> Result<Table, Failure> {
        let revision = &self.chain.revisions()[at];
        let id = revision.id.as_str();
        let outside = self.outside.as_ref().ok_or_else(|| PlanError::NoRunner { revisions: vec![id.to_owned()] })?;
        let look = || -> Soon<'_, Result<Stage, Failure>> {
            Box::pin(async {
                let theirs = self.find(held.session(), place).await?;
                let (known, _) = theirs.applied();
                Ok(Stage {
                    table: theirs.table.to_string(),
                    rows: theirs.rows(&self.chain),
                    is_applied: known.contains(&at),
                })
            })
        };
        outside.apply(held, Revision { id, file: &revision.file }, &look).await?;
        let answer = held.session().send(&self.question(&[Read::Rows])).await.answer().await;
        let (told, ours) = self.told_and_rows(answer).map_err(Failure::from)?;
        let theirs = self.find(held.session(), place).await?;
        let table = self.catch_up(held, patience, &theirs, (&ours, &told)).await?;
        let rows = theirs.merged(&self.chain, &ours)?;
        self.weigh(&rows, &told.state)?;
        Ok(Table { there: table.there, ..Table::of(&self.chain, &rows, &told.state) })
    }
}
