//! What an unjudged statement may have done is unknown: of everything whose name stands in its text, or in the text of a
//! function that it calls.

use std::collections::BTreeSet;

use super::model::Model;
use super::state::Expected;
use crate::catalog::Key;
use crate::sql::change::{Data, Opaque};

impl Model<'_> {
    pub(super) fn opaque(&mut self, opaque: &Opaque) {
        let mut words = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let may_define = self.collect(opaque, &mut words, &mut seen);
        if !may_define {
            return;
        }
        let touched: Vec<Key> = self
            .state
            .iter()
            .filter(|(key, value)| {
                **value != Expected::Unknown && names_of(key).iter().all(|name| words.contains(*name))
            })
            .map(|(key, _)| key.clone())
            .collect();
        touched.into_iter().for_each(|key| self.forget(key));
    }

    /// The words of a statement and of all that it calls; whether a word of DDL is among them.
    fn collect(&self, opaque: &Opaque, words: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) -> bool {
        let mut may_define = opaque.may_define;
        words.extend(opaque.words.iter().cloned());
        for call in &opaque.calls {
            words.insert(call.name.clone());
            if seen.insert(call.name.clone())
                && let Some(body) = self.bodies.get(&call.name)
            {
                may_define |= self.collect(body, words, seen);
            }
        }
        may_define
    }

    pub(super) fn data_needs(&mut self, data: &Data) {
        let all: Vec<_> = data.writes.iter().chain(&data.reads).cloned().collect();
        for named in &all {
            let name = self.relation(named);
            self.need(Key::Relation(name));
        }
        if let (Some(first), Some(columns)) = (data.writes.first(), &data.columns) {
            let table = self.relation(first);
            self.need_columns(&table, columns);
        }
        for named in &all {
            let table = self.relation(named);
            for column in &data.column_refs {
                let key = Key::Column(table.clone(), column.clone());
                if self.state.is_present(&key) {
                    self.need(key);
                }
            }
        }
    }
}

/// The names that a text has to hold to touch an object.
fn names_of(key: &Key) -> Vec<&String> {
    match key {
        Key::Schema(name)
        | Key::Role(name)
        | Key::Extension(name)
        | Key::Publication(name)
        | Key::EventTrigger(name) => vec![name],
        Key::Column(table, name) | Key::Default(table, name) | Key::NotNull(table, name) => vec![&table.name, name],
        Key::ColumnProperty(table, name, _)
        | Key::Constraint(table, name)
        | Key::Trigger(table, name)
        | Key::TriggerState(table, name)
        | Key::Policy(table, name)
        | Key::Rule(table, name) => vec![&table.name, name],
        Key::TableProperty(table, _) => vec![&table.name],
        Key::Relation(name)
        | Key::Type(name)
        | Key::Function(name, _)
        | Key::Collation(name)
        | Key::Statistics(name) => {
            vec![&name.name]
        }
        Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) => names_of(of),
        Key::Member(role, member) => vec![role, member],
    }
}
