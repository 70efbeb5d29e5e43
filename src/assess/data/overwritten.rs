//! An UPDATE whose result a later one of its revision overwrites: switched off, and on again.

use std::collections::BTreeSet;

use super::Case;
use crate::assess::reason::Reason;
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::CatalogError;
use crate::expect::UnitKind;
use crate::sql::names_in;
use crate::statement::change::{Data, DataAct, question};

impl Case<'_> {
    /// The ruling if the later one is in force: the result is then the same whether or not this one ran.
    pub(super) async fn by_overwriting(&self) -> Result<Option<Ruling>, CatalogError> {
        let Some((at, data)) = self.overwriting() else { return Ok(None) };
        let later = Case::new(self.judge, (self.probe, self.pending_writes), self.pending, at, data);
        let is_done = later.number(question::would_change(data)).await? == Some(0) && !later.is_in_motion().await?;
        Ok(is_done.then(|| Ruling::new(Decision::Spent, Reason::SetAgainLater)))
    }

    /// The next statement that uses the table, if it sets everything that this one sets, on the same rows, and neither chooses
    /// its rows by those columns.
    fn overwriting(&self) -> Option<(usize, &Data)> {
        let set = set_alone(&self.data)?;
        let at = self.judge.timeline.next_on(self.target()?, self.at)?;
        let unit = &self.judge.timeline.units[at];
        let UnitKind::Data(later) = unit.kind else { return None };
        if unit.revision != self.unit.revision {
            return None;
        }
        (set.is_subset(&set_alone(later)?) && is_of_same_rows(&self.data.act, &later.act)).then_some((at, later))
    }
}

/// The columns that an UPDATE sets, if nothing in it reads one of them.
fn set_alone(data: &Data) -> Option<BTreeSet<&str>> {
    let DataAct::Update { set, condition, from, with, reads_own: false, .. } = &data.act else { return None };
    let columns: BTreeSet<&str> = set.iter().map(|(column, _)| column.as_str()).collect();
    let is_read = names_in(&[condition.as_str(), from, with].join(" ")).any(|word| columns.contains(word.as_str()));
    (!is_read && !columns.is_empty()).then_some(columns)
}

fn is_of_same_rows(one: &DataAct, other: &DataAct) -> bool {
    rows(one).is_some() && rows(one) == rows(other)
}

/// The parts of an UPDATE that choose its rows.
fn rows(act: &DataAct) -> Option<[&String; 5]> {
    match act {
        DataAct::Update { target, alias, from, condition, with, .. } => Some([target, alias, from, condition, with]),
        _ => None,
    }
}
