//! A statement on data whose relations or columns are missing: not created yet, or removed later by the chain.

use super::Case;
use crate::assess::advice::ways_on;
use crate::assess::reason::{InputDoubt, Reason};
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::{CatalogError, Key};
use crate::expect::Write;
use crate::statement::change::DataAct;
use crate::statement::change::question;

impl Case<'_> {
    /// The ruling by the absence of its relations and columns.
    pub(super) async fn by_its_inputs(&self) -> Result<Option<Ruling>, CatalogError> {
        let (judge, at, unit) = (self.judge, self.at, self.unit);
        let units = &judge.timeline.units;
        let missing = || unit.needs.iter().map(|need| &need.0).filter(|key| judge.evidence.found(key).is_none());
        let removes = |write: &Write, key: &Key| write.key() == key && write.removes();
        let leaves = |write: &Write, key: &Key| write.key() == key && write.is_change() && write.after.is_present();
        let is_removed = |key: &Key| {
            let mut later = judge.timeline.writers_after(key, at);
            later.any(|later| units[later].writes.iter().any(|write| removes(write, key)))
        };
        let maker = |key: &Key| {
            let mut own =
                judge.timeline.writers_before(key, at).take_while(|&earlier| units[earlier].revision == unit.revision);
            own.find(|&earlier| units[earlier].writes.iter().any(|write| leaves(write, key)))
        };
        // An object that is removed later is absent then too, and an existing one may be from before: only the rest of the
        // catalog shows that it is not created yet.
        let is_to_make = |key: &Key| maker(key).is_some_and(|maker| judge.is_before(maker));
        let is_absent = |key: &Key| maker(key).is_some() && !is_removed(key);
        if missing().any(is_absent) || unit.needs.iter().any(|need| is_to_make(&need.0)) {
            return Ok(Some(Ruling::new(Decision::Run, Reason::NotMadeYet)));
        }
        let Some(gone) = missing().find(|key| is_removed(key) && judge.is_past(at)) else { return Ok(None) };
        if self.probe.asks_data
            && let Some(doubt) = self.doubt().await?
        {
            let key = gone.clone();
            return Ok(Some(Ruling::conflict(Reason::InputGone { key, doubt }, None).offering(ways_on())));
        }
        Ok(Some(Ruling::new(Decision::Spent, Reason::InputRemoved { key: gone.clone() })))
    }

    /// The reason to doubt that a statement with a removed input ran: its target contradicts it, or nothing shows that it ran.
    /// Its revision in force as a whole proves it; otherwise only its written rows do, and only if nothing else can have written
    /// them before its revision.
    async fn doubt(&self) -> Result<Option<InputDoubt>, CatalogError> {
        let no_sign = |reason| (!self.judge.is_whole(self.unit.revision)).then_some(reason);
        let Some(table) = self.target() else { return Ok(no_sign(InputDoubt::NoSign)) };
        let is_there = |key: Key| self.judge.evidence.found(&key).is_some();
        if !is_there(Key::Relation(table.clone())) {
            return Ok(None);
        }
        let now = self.renamed();
        match (&self.data.act, &now.act) {
            (DataAct::Update { set, .. }, DataAct::Update { set: now_set, .. }) => {
                // Its written columns are gone too.
                if !now_set.iter().any(|(column, _)| is_there(Key::Column(table.clone(), column.clone()))) {
                    return Ok(None);
                }
                if self.is_table_empty().await? {
                    return Ok(None);
                }
                // A written value may equal its column's default.
                if self.number(question::untouched(&now, &[])).await? == Some(0) {
                    return Ok(Some(InputDoubt::NeverWritten));
                }
                let is_made =
                    |(column, _): &(String, String)| self.is_made_here(&Key::Column(table.clone(), column.clone()));
                Ok(if set.iter().any(is_made) { None } else { no_sign(InputDoubt::WrittenBefore) })
            }
            (DataAct::Insert { .. }, _) if self.is_table_empty().await? => Ok(Some(InputDoubt::TableEmpty)),
            (DataAct::Insert { .. }, _) if self.is_made_here(&Key::Relation(table.clone())) => Ok(None),
            _ => Ok(no_sign(InputDoubt::NoSign)),
        }
    }
}
