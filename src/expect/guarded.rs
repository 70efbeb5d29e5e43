//! A change that does nothing if its object exists: IF NOT EXISTS, or a guard in its place.

use super::model::Model;
use super::state::Expected;
use super::timeline::Write;
use crate::catalog::Key;
use crate::statement::change::Act;

impl Model<'_> {
    /// Undoes the change if the object that it creates exists. If the object may exist, its state becomes unknown.
    pub(super) fn keep_what_is_there(&mut self) {
        let made = |write: &&Write| !write.key.is_property() && write.after.is_present();
        let is_there = self.writes.iter().filter(made).any(|write| write.before.is_present());
        let is_unknown = self.writes.iter().filter(made).any(|write| write.before == Expected::Unknown);
        if !is_there && !is_unknown {
            return;
        }
        let made_key = self.writes.iter().find(made).map(|write| write.key.clone());
        for write in std::mem::take(&mut self.writes).into_iter().rev() {
            if is_there {
                self.state.set(write.key, write.before);
            } else {
                self.value(Key::clone(&write.key), Expected::Unknown);
            }
        }
        if is_there {
            self.needs.clear();
            self.idle_on = made_key;
        }
    }

    /// Notes the table without which a change fails: it exists, even if no definition names it.
    pub(super) fn note_table(&mut self, act: &Act) {
        let named = match act {
            Act::AlterTable { table, if_exists: false, .. } | Act::CreatePolicy { table, .. } => table,
            Act::CreateTrigger(new) => &new.table,
            Act::CreateIndex(new) if !new.if_not_exists => &new.table,
            _ => return,
        };
        let table = self.relation(named);
        self.state.note_needed(Key::Relation(table));
    }

    /// The change may do nothing, so its result is unknown.
    pub(super) fn forget_writes(&mut self) {
        for write in std::mem::take(&mut self.writes) {
            self.value(Key::clone(&write.key), Expected::Unknown);
        }
    }
}
