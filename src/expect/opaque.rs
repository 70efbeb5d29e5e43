//! What an unjudged statement may have done is unknown: of everything whose name stands in its text, or in the text of a
//! function that it calls.

use std::collections::BTreeSet;

use super::model::Model;
use super::state::Expected;
use crate::catalog::{Definition, Key};
use crate::sql::change::{Data, Opaque};

impl Model<'_> {
    pub(super) fn opaque(&mut self, opaque: &Opaque) {
        let mut unread = Unread::default();
        self.collect(opaque, &mut unread, &mut BTreeSet::new());
        if !unread.may_define {
            return;
        }
        let touched: Vec<Key> = self
            .state
            .iter()
            .filter(|(key, value)| **value != Expected::Unknown && unread.may_touch(key, value))
            .map(|(key, _)| key.clone())
            .collect();
        touched.into_iter().for_each(|key| self.forget(key));
        self.note_unread(unread);
    }

    /// Gathers the possible effects of a statement and of all that it calls.
    fn collect(&self, opaque: &Opaque, unread: &mut Unread, seen: &mut BTreeSet<String>) {
        unread.may_define |= opaque.may_define;
        unread.dynamic |= opaque.dynamic;
        unread.words.extend(opaque.words.iter().cloned());
        for call in &opaque.calls {
            unread.words.insert(call.name.clone());
            if seen.insert(call.name.clone())
                && let Some(body) = self.bodies.get(&call.name)
            {
                self.collect(body, unread, seen);
            }
        }
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

/// Code that was run and not read.
#[derive(Clone, Debug, Default)]
pub(super) struct Unread {
    may_define: bool,
    /// It runs a text that it makes: no name needs to stand in it.
    dynamic: bool,
    words: BTreeSet<String>,
}

impl Unread {
    fn may_touch(&self, key: &Key, value: &Expected) -> bool {
        self.dynamic && self.names_kind(key, value) || names_of(key).iter().all(|name| self.words.contains(*name))
    }

    /// True where it may have made something on a table.
    pub(super) fn may_reach(&self, table: &str) -> bool {
        self.dynamic || self.words.contains(table)
    }

    /// True where a word for its kind stands in the code, or one for what it goes with; a command that names no kind may be any.
    fn names_kind(&self, key: &Key, value: &Expected) -> bool {
        let has = |words: &[&str]| words.iter().any(|word| self.words.contains(*word));
        has(&["cascade", "owned", "extension"]) || !has(&KINDS) || has(kind_words(key, value))
    }
}

/// The words that commands have for what they change.
const KINDS: [&str; 20] = [
    "table",
    "index",
    "view",
    "sequence",
    "schema",
    "type",
    "domain",
    "function",
    "procedure",
    "routine",
    "aggregate",
    "trigger",
    "policy",
    "rule",
    "statistics",
    "publication",
    "role",
    "user",
    "comment",
    "privileges",
];

/// The words of a command that may change a key: its own kind's, and those of what it goes with.
fn kind_words(key: &Key, value: &Expected) -> &'static [&'static str] {
    match key {
        Key::Relation(_) => match value.definition() {
            Some(Definition::Index(_) | Definition::ConstraintIndex { .. }) => &["index", "table", "schema"],
            Some(Definition::View { .. }) => &["view", "table", "schema"],
            Some(Definition::Sequence { .. }) => &["sequence", "table", "schema"],
            _ => &["table", "view", "index", "sequence", "schema", "type"],
        },
        Key::Column(..)
        | Key::Default(..)
        | Key::NotNull(..)
        | Key::ColumnProperty(..)
        | Key::Constraint(..)
        | Key::TableProperty(..) => &["table", "schema", "type", "domain", "view", "index"],
        Key::Trigger(..) | Key::TriggerState(..) => &["trigger", "table", "schema"],
        Key::Policy(..) => &["policy", "table", "schema"],
        Key::Rule(..) => &["rule", "table", "view", "schema"],
        Key::Statistics(_) => &["statistics", "table", "schema"],
        Key::Type(_) => &["type", "domain", "schema"],
        Key::Function(..) => &["function", "procedure", "routine", "aggregate", "schema"],
        Key::Collation(_) | Key::Schema(_) => &["collation", "schema"],
        Key::Role(_) | Key::Member(..) => &["role", "user", "grant", "revoke"],
        Key::Publication(_) => &["publication"],
        Key::Extension(_) => &["extension"],
        Key::EventTrigger(_) => &["trigger"],
        Key::Comment(_) => &["comment", "table", "schema"],
        Key::Owner(_) => &["owner", "table", "schema"],
        Key::Grant(..) => &["grant", "revoke", "privileges", "table", "schema"],
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
