//! What is expected of every object that the chain has mentioned.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock};

use crate::catalog::{ConstraintKind, Definition, Key};
use crate::pg::name::QualifiedName;

/// What a fresh run has under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Present(Arc<Definition>),
    /// There, and not what this definition says any more: something that it names was renamed. What it is now the model
    /// cannot state.
    Blurred(Arc<Definition>),
    /// There; the model cannot state more.
    Exists,
    Absent,
    /// What the model cannot state: it fits every place and proves nothing.
    Unknown,
}

impl Expected {
    pub fn present(definition: Definition) -> Self {
        // Most of what a chain states of its columns is one of these.
        static COMMON: LazyLock<[Arc<Definition>; 3]> = LazyLock::new(|| {
            [Definition::Default(None), Definition::NotNull(false), Definition::NotNull(true)].map(Arc::new)
        });
        let common = COMMON.iter().find(|common| ***common == definition);
        Self::Present(common.map_or_else(|| Arc::new(definition), Arc::clone))
    }

    pub fn definition(&self) -> Option<&Definition> {
        match self {
            Self::Present(definition) => Some(definition),
            Self::Blurred(_) | Self::Exists | Self::Absent | Self::Unknown => None,
        }
    }

    /// The definition, or what it was before something changed it.
    pub(super) fn shape(&self) -> Option<&Definition> {
        match self {
            Self::Present(definition) | Self::Blurred(definition) => Some(definition),
            Self::Exists | Self::Absent | Self::Unknown => None,
        }
    }

    /// Whether it is there, and whether all of it is known.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Blurred(_) | Self::Exists)
    }

    /// True where the model can say what it is.
    pub fn is_stated(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Absent)
    }
}

/// The definitions of columns that were met last: one stands for all that are equal, and most columns of a chain have one of a
/// few types.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(VecDeque<Arc<Definition>>);

impl Recent {
    const MOST: usize = 16;

    pub(super) fn expect(&mut self, definition: Definition) -> Expected {
        if !matches!(definition, Definition::Column(_) | Definition::Default(Some(_))) {
            return Expected::present(definition);
        }
        if let Some(same) = self.0.iter().find(|one| ***one == definition) {
            return Expected::Present(Arc::clone(same));
        }
        let new = Arc::new(definition);
        self.0.push_front(Arc::clone(&new));
        self.0.truncate(Self::MOST);
        Expected::Present(new)
    }
}

/// All keys that some file has mentioned. What is not in it no file ever made.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Each key is made once, and whatever else names it holds the same one.
    values: BTreeMap<Arc<Key>, Expected>,
    /// The keys that go where a table goes, in order: its columns, its constraints, its indexes, the sequences that it owns.
    hanging: BTreeMap<QualifiedName, Vec<Arc<Key>>>,
    /// The views that read a relation, or once did.
    readers: BTreeMap<QualifiedName, BTreeSet<Arc<Key>>>,
    /// The constraints of a name, on any table.
    constraints: BTreeMap<String, BTreeSet<Arc<Key>>>,
    clouds: Clouds,
}

/// Where objects may exist that no definition of the chain names: code that is not read made them, or the server did.
#[derive(Clone, Debug, Default)]
struct Clouds {
    /// Code whose names are built at run time.
    over_all: bool,
    /// The words of code that was not read.
    words: BTreeSet<String>,
    /// Tables on which the server makes keys, indexes and triggers under names of its choice.
    tables: BTreeSet<QualifiedName>,
    /// Tables that inherit checks, and nothing else of that kind.
    heirs: BTreeSet<QualifiedName>,
    /// Tables whose columns come from what no definition states.
    untold: BTreeSet<QualifiedName>,
    /// Schemas that took the name of another, with all that was in it.
    schemas: BTreeSet<String>,
    /// Tables of which a column was renamed: an index keeps the old name for it, and the server makes names of that.
    relabelled: BTreeSet<QualifiedName>,
    /// Keys whose names the server chose while others may have been taken: what they stand for may be under another name.
    guessed: BTreeSet<Key>,
}

impl State {
    pub fn get(&self, key: &Key) -> Option<&Expected> {
        self.values.get(key)
    }

    /// What is expected under a key, also where no definition names it.
    pub fn expect(&self, key: &Key) -> Expected {
        match self.values.get(key) {
            Some(value) => value.clone(),
            None if self.is_clouded(key) => Expected::Unknown,
            None => Expected::Absent,
        }
    }

    /// True where something may exist under a key that no definition names.
    pub fn is_clouded(&self, key: &Key) -> bool {
        self.may_be_inherited(key) || self.is_clouded_otherwise(key)
    }

    fn may_be_inherited(&self, key: &Key) -> bool {
        matches!(key, Key::Constraint(table, _) if self.clouds.heirs.contains(table))
    }

    /// True of a key that nothing mentions but code whose names are built at run time.
    pub(super) fn is_clouded_by_all_alone(&self, key: &Key) -> bool {
        !self.values.contains_key(key) && !self.may_be_inherited(key) && !self.is_clouded_by_name(key)
    }

    fn is_clouded_otherwise(&self, key: &Key) -> bool {
        self.clouds.over_all || self.is_clouded_by_name(key)
    }

    fn is_clouded_by_name(&self, key: &Key) -> bool {
        let Clouds { over_all: _, words, tables, heirs: _, untold, schemas, relabelled: _, guessed: _ } = &self.clouds;
        // The server takes at least so much of a table's name into the names that it chooses.
        let beginning = |table: &str| table.char_indices().nth(20).map_or(table.len(), |(at, _)| at);
        let begins_alike = |table: &QualifiedName, name: &QualifiedName| {
            table.schema == name.schema && name.name.starts_with(&table.name[..beginning(&table.name)])
        };
        names_of(key).iter().all(|name| words.contains(*name))
            || schema_of(key).is_some_and(|schema| schemas.contains(schema))
            || match key {
                Key::Relation(name) => tables.iter().any(|table| begins_alike(table, name)),
                Key::Column(table, _) | Key::NotNull(table, _) | Key::Default(table, _) => untold.contains(table),
                key => key.relation().is_some_and(|table| tables.contains(table)),
            }
    }

    /// The same of a key under which something is made: only a CHECK is inherited.
    pub(super) fn is_clouded_for(&self, key: &Key, new: &Definition) -> bool {
        let is_check = matches!(new, Definition::Constraint(constraint) if constraint.kind == ConstraintKind::Check);
        is_check && self.may_be_inherited(key) || self.is_clouded_otherwise(key)
    }

    /// True where columns, keys or indexes of a table may come from what no definition states.
    pub fn is_told_in_part(&self, table: &QualifiedName) -> bool {
        let Clouds { over_all, words, tables, heirs, untold, .. } = &self.clouds;
        *over_all || words.contains(&table.name) || [tables, heirs, untold].iter().any(|of| of.contains(table))
    }

    pub(super) fn note_guessed(&mut self, key: Key) {
        self.clouds.guessed.insert(key);
    }

    /// True where an object may have another name than this key's.
    pub fn is_guessed(&self, key: &Key) -> bool {
        self.clouds.guessed.contains(key)
    }

    pub(super) fn cloud_all(&mut self) {
        self.clouds.over_all = true;
    }

    pub(super) fn cloud_words(&mut self, words: impl IntoIterator<Item = String>) {
        self.clouds.words.extend(words);
    }

    /// A table takes what the server made on it along.
    pub(super) fn move_cloud(&mut self, from: &QualifiedName, to: &QualifiedName) {
        let Clouds { tables, heirs, untold, relabelled, .. } = &mut self.clouds;
        for tables in [tables, heirs, untold, relabelled] {
            if tables.contains(from) {
                tables.insert(to.clone());
            }
        }
    }

    pub(super) fn is_cloud_over(&self, table: &QualifiedName) -> bool {
        self.clouds.tables.contains(table)
    }

    pub(super) fn has_untold(&self, table: &QualifiedName) -> bool {
        self.clouds.untold.contains(table)
    }

    /// The columns of a table are not in the text.
    pub(super) fn cloud_columns(&mut self, table: QualifiedName) {
        self.clouds.untold.insert(table);
    }

    pub(super) fn note_renamed_column(&mut self, table: QualifiedName) {
        self.clouds.relabelled.insert(table);
    }

    pub(super) fn were_columns_renamed(&self, table: &QualifiedName) -> bool {
        self.clouds.relabelled.contains(table)
    }

    pub(super) fn cloud_schema(&mut self, schema: String) {
        self.clouds.schemas.insert(schema);
    }

    pub(super) fn cloud_checks(&mut self, table: QualifiedName) {
        self.clouds.heirs.insert(table);
    }

    pub(super) fn cloud_table(&mut self, table: QualifiedName) {
        self.clouds.tables.insert(table);
    }

    pub fn definition(&self, key: &Key) -> Option<&Definition> {
        self.get(key).and_then(Expected::definition)
    }

    /// The definition, or what it was before something changed it.
    pub(super) fn shape_of(&self, key: &Key) -> Option<&Definition> {
        self.get(key).and_then(Expected::shape)
    }

    pub fn is_present(&self, key: &Key) -> bool {
        self.get(key).is_some_and(Expected::is_present)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Expected)> {
        self.values.iter().map(|(key, value)| (&**key, value))
    }

    pub(super) fn iter_from(&self, key: &Key) -> impl Iterator<Item = (&Key, &Expected)> {
        self.values.range::<Key, _>(key..).map(|(key, value)| (&**key, value))
    }

    /// The keys for which something holds, so that they can be written to.
    pub(super) fn keys(&self, is: impl Fn(&Key, &Expected) -> bool) -> Vec<Key> {
        self.iter().filter(|(key, value)| is(key, value)).map(|(key, _)| key.clone()).collect()
    }

    /// What is there and hangs on a table, the table itself left out.
    pub fn on(&self, table: &QualifiedName) -> Vec<Key> {
        let keys = self.hanging.get(table).into_iter().flatten();
        // An index, a sequence or a statistics object may have been made again on another table.
        let hangs = |key: &Key| match self.values.get(key) {
            Some(Expected::Absent) | None => false,
            Some(Expected::Unknown) => true,
            Some(value) => hangs_on(key, value.shape()).contains(table),
        };
        keys.map(|key| &**key).filter(|key| hangs(key)).cloned().collect()
    }

    /// True where a constraint of the name exists in a schema.
    pub(super) fn has_constraint(&self, schema: &str, name: &str) -> bool {
        let of_name = self.constraints.get(name).into_iter().flatten();
        of_name.filter(|key| key.relation().is_some_and(|table| table.schema == schema)).any(|key| self.is_present(key))
    }

    /// What once hung on a table and is gone, its columns left out.
    pub(super) fn gone_from(&self, table: &QualifiedName) -> Vec<Key> {
        let keys = self.hanging.get(table).into_iter().flatten().map(|key| &**key);
        let is_column = |key: &Key| matches!(key, Key::Column(..) | Key::NotNull(..) | Key::Default(..));
        keys.filter(|key| !is_column(key) && self.values.get(*key) == Some(&Expected::Absent)).cloned().collect()
    }

    /// The views that read a relation.
    pub(super) fn readers(&self, relation: &QualifiedName) -> Vec<(Key, &Definition)> {
        let keys = self.readers.get(relation).into_iter().flatten();
        let view = |key: &Arc<Key>| match self.get(key).and_then(Expected::shape) {
            Some(view @ Definition::View { reads, .. }) if reads.contains(relation) => Some((Key::clone(key), view)),
            _ => None,
        };
        keys.filter_map(view).collect()
    }

    /// The key that is held already, where one is.
    pub(super) fn held(&self, key: Key) -> Arc<Key> {
        self.values.get_key_value(&key).map_or_else(|| Arc::new(key), |(held, _)| Arc::clone(held))
    }

    pub(super) fn set(&mut self, key: impl Into<Arc<Key>>, value: Expected) -> Option<Expected> {
        let key = key.into();
        if let Some(Definition::View { reads, .. }) = value.shape() {
            for relation in reads {
                self.readers.entry(relation.clone()).or_default().insert(key.clone());
            }
        }
        if let Key::Constraint(_, name) = &*key {
            self.constraints.entry(name.clone()).or_default().insert(key.clone());
        }
        for table in hangs_on(&key, value.shape()) {
            let keys = self.hanging.entry(table).or_default();
            if let Err(at) = keys.binary_search(&key) {
                keys.insert(at, key.clone());
            }
        }
        self.values.insert(key, value)
    }
}

/// The tables that a key goes with.
fn hangs_on(key: &Key, definition: Option<&Definition>) -> Vec<QualifiedName> {
    match (key, definition) {
        (Key::Relation(_), Some(Definition::Index(index))) => vec![index.table.clone()],
        (Key::Relation(_), Some(Definition::ConstraintIndex { table })) => vec![table.clone()],
        (Key::Relation(_), Some(Definition::Sequence { owned_by: Some((table, _)), .. })) => vec![table.clone()],
        (Key::Relation(_), _) => Vec::new(),
        (Key::Statistics(_), Some(Definition::Statistics { table, .. })) => vec![table.clone()],
        (Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..), _) if matches!(**of, Key::Relation(_)) => {
            of.relation().into_iter().cloned().collect()
        }
        (key, _) => key.relation().into_iter().cloned().collect(),
    }
}

/// The names that a text has to hold to touch an object.
pub(super) fn names_of(key: &Key) -> Vec<&String> {
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
        Key::Published(publication, table) => vec![publication, &table.name],
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

pub(super) fn schema_of(key: &Key) -> Option<&str> {
    match key {
        Key::Type(name) | Key::Function(name, _) | Key::Collation(name) | Key::Statistics(name) => Some(&name.schema),
        key => key.relation().map(|name| name.schema.as_str()),
    }
}
