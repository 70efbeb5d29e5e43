//! The expected value of every object that the chain has mentioned.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};

use crate::catalog::{ConstraintKind, Definition, Key};
use crate::pg::name::QualifiedName;

/// The value of a key after a fresh run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Present(Arc<Definition>),
    /// The object exists, but no longer with this definition: something that it names was renamed. The model cannot state its new
    /// definition.
    Blurred(Arc<Definition>),
    /// The object exists; the model cannot state more.
    Exists,
    Absent,
    /// The model cannot state the value: it fits every place and proves nothing.
    Unknown,
}

impl Expected {
    pub fn present(definition: Definition) -> Self {
        // Most facts about a chain's columns have one of these values.
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

    /// The definition, or the last one before it was blurred.
    pub(super) fn shape(&self) -> Option<&Definition> {
        match self {
            Self::Present(definition) | Self::Blurred(definition) => Some(definition),
            Self::Exists | Self::Absent | Self::Unknown => None,
        }
    }

    /// True if the object exists, even with an unknown definition.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Blurred(_) | Self::Exists)
    }

    /// True if the model knows the exact value.
    pub fn is_stated(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Absent)
    }
}

/// The most recent definitions of tables and columns: equal ones share one value. Most columns of a chain have one of a few types,
/// and a table's definition is the same for most.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent(VecDeque<Arc<Definition>>);

impl Recent {
    const MOST: usize = 16;

    pub(super) fn expect(&mut self, definition: Definition) -> Expected {
        if !matches!(definition, Definition::Column(_) | Definition::Default(Some(_)) | Definition::Table(_)) {
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

/// All keys that a file has mentioned. No file ever created any other key.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Each key is allocated once and shared.
    values: BTreeMap<Arc<Key>, Expected>,
    clouds: Clouds,
}

/// The areas where objects may exist that no definition of the chain names: unread code created them, or the server did.
#[derive(Clone, Debug, Default)]
struct Clouds {
    /// True after code whose names are built at run time.
    over_all: bool,
    /// The words of code that builds names at run time.
    built: BTreeSet<String>,
    /// Those of code that may give a name to an object.
    named: BTreeSet<String>,
    /// The words of unread code.
    words: BTreeSet<String>,
    /// Tables on which the server creates keys, indexes and triggers under names of its choice.
    tables: BTreeSet<QualifiedName>,
    /// Tables that inherit checks, but no other such objects.
    heirs: BTreeSet<QualifiedName>,
    /// Tables whose columns no definition states.
    untold: BTreeSet<QualifiedName>,
    /// Schemas that took the name of another, with all its objects.
    schemas: BTreeSet<String>,
    /// Tables with a renamed column: an index keeps the old name for it, and the server derives names from that.
    relabelled: BTreeSet<QualifiedName>,
    /// Keys whose name the server chose while others may have been taken: the object may have another name.
    guessed: BTreeSet<Key>,
    /// Relations of unread code that a later statement needs: they exist.
    needed: BTreeSet<Key>,
}

impl State {
    pub fn get(&self, key: &Key) -> Option<&Expected> {
        self.values.get(key)
    }

    /// The expected value of a key, also of one that no definition names.
    pub fn expect(&self, key: &Key) -> Expected {
        match self.values.get(key) {
            Some(value) => value.clone(),
            None if self.is_clouded(key) => Expected::Unknown,
            None => Expected::Absent,
        }
    }

    /// True if an object may exist under a key that no definition names.
    pub fn is_clouded(&self, key: &Key) -> bool {
        self.may_be_inherited(key) || self.is_clouded_otherwise(key)
    }

    fn may_be_inherited(&self, key: &Key) -> bool {
        matches!(key, Key::Constraint(table, _) if self.clouds.heirs.contains(table))
    }

    /// True if only code whose names are built at run time may have created the key.
    pub(super) fn is_clouded_by_all_alone(&self, key: &Key) -> bool {
        !self.values.contains_key(key) && !self.may_be_inherited(key) && !self.is_clouded_by_name(key)
    }

    fn is_clouded_otherwise(&self, key: &Key) -> bool {
        self.clouds.over_all || self.is_clouded_by_name(key)
    }

    fn is_clouded_by_name(&self, key: &Key) -> bool {
        let Clouds {
            over_all: _,
            built: _,
            named: _,
            words,
            tables,
            heirs: _,
            untold,
            schemas,
            relabelled: _,
            guessed: _,
            needed: _,
        } = &self.clouds;
        // A name that the server chooses contains at least this much of the table's name.
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

    /// The same for a key of a new object: only a CHECK is inherited.
    pub(super) fn is_clouded_for(&self, key: &Key, new: &Definition) -> bool {
        let is_check = matches!(new, Definition::Constraint(constraint) if matches!(constraint.kind, ConstraintKind::Check { .. }));
        is_check && self.may_be_inherited(key) || self.is_clouded_otherwise(key)
    }

    /// True if columns, keys or indexes of a table may exist that no definition states.
    pub fn is_told_in_part(&self, table: &QualifiedName) -> bool {
        let Clouds { over_all, words, tables, heirs, untold, .. } = &self.clouds;
        *over_all || words.contains(&table.name) || [tables, heirs, untold].iter().any(|of| of.contains(table))
    }

    pub(super) fn note_guessed(&mut self, key: Key) {
        self.clouds.guessed.insert(key);
    }

    /// True if the object may have another name than this key's.
    pub fn is_guessed(&self, key: &Key) -> bool {
        self.clouds.guessed.contains(key)
    }

    pub(super) fn cloud_all(&mut self) {
        self.clouds.over_all = true;
        self.clouds.needed.clear();
    }

    pub(super) fn note_named(&mut self, words: impl IntoIterator<Item = String>) {
        self.clouds.named.extend(words);
    }

    pub(super) fn note_built(&mut self, words: impl IntoIterator<Item = String>) {
        self.clouds.built.extend(words);
    }

    /// True for a key whose names all occur in code that builds names at run time.
    pub(super) fn is_built_near(&self, key: &Key) -> bool {
        names_of(key).iter().all(|name| self.clouds.built.contains(*name))
    }

    /// True if code that builds names at run time may have built the object's own name: it has the name, or a part of it that
    /// ends or begins with an underscore.
    pub(super) fn may_be_built(&self, key: &Key) -> bool {
        let Some(name) = names_of(key).pop() else { return false };
        let is_part = |word: &str| {
            // The letter of a format: %I_log.
            let word = word.strip_prefix(['i', 'l', 's']).filter(|rest| rest.starts_with('_')).unwrap_or(word);
            word.len() > 1
                && (word.ends_with('_') && name.starts_with(word) || word.starts_with('_') && name.ends_with(word))
        };
        self.clouds.named.iter().any(|word| word == name || is_part(word))
    }

    /// Notes a relation without which a statement would have failed.
    pub(super) fn note_needed(&mut self, key: Key) {
        if !self.values.contains_key(&key) && self.is_clouded(&key) {
            self.clouds.needed.insert(key);
        }
    }

    /// True if the relation exists although no definition names it: an earlier statement would have failed without it.
    pub(super) fn is_needed(&self, key: &Key) -> bool {
        self.clouds.needed.contains(key)
    }

    pub(super) fn forget_needed(&mut self) {
        self.clouds.needed.clear();
    }

    pub(super) fn cloud_words(&mut self, words: impl IntoIterator<Item = String>) {
        self.clouds.words.extend(words);
        self.clouds.needed.clear();
    }

    /// A renamed table keeps the objects that the server created on it.
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

    /// The text does not contain the columns of the table.
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
        self.clouds.needed.clear();
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

    /// The definition, or the last one before it was blurred.
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

    /// Copies of the keys that match, so the state can be changed meanwhile.
    pub(super) fn keys(&self, is: impl Fn(&Key, &Expected) -> bool) -> Vec<Key> {
        self.iter().filter(|(key, value)| is(key, value)).map(|(key, _)| key.clone()).collect()
    }
}

/// A state that still changes, with the ways to find its keys by a table or a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Growing {
    state: State,
    /// The keys that are dropped with a table, in order: its columns, its constraints, its indexes, the sequences that it owns.
    hanging: BTreeMap<QualifiedName, Vec<Arc<Key>>>,
    /// The views that read a relation, now or at any earlier time.
    readers: BTreeMap<QualifiedName, BTreeSet<Arc<Key>>>,
    /// The constraints of a name, on any table.
    constraints: BTreeMap<String, BTreeSet<Arc<Key>>>,
}

impl Deref for Growing {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Growing {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Growing {
    /// The values alone, in as little memory as they need.
    pub fn grown(self) -> State {
        let State { values, clouds } = self.state;
        // A map that keys were added to in order is half empty.
        State { values: values.into_iter().collect(), clouds }
    }

    /// The existing keys of a table, without the table itself.
    pub fn on(&self, table: &QualifiedName) -> Vec<Key> {
        let keys = self.hanging.get(table).into_iter().flatten();
        // An index, a sequence or a statistics object may have been created again on another table.
        let hangs = |key: &Key| match self.values.get(key) {
            Some(Expected::Absent) | None => false,
            Some(Expected::Unknown) => true,
            Some(value) => hangs_on(key, value.shape()).contains(table),
        };
        keys.map(|key| &**key).filter(|key| hangs(key)).cloned().collect()
    }

    /// True if a constraint of the name exists in a schema.
    pub(super) fn has_constraint(&self, schema: &str, name: &str) -> bool {
        let of_name = self.constraints.get(name).into_iter().flatten();
        of_name.filter(|key| key.relation().is_some_and(|table| table.schema == schema)).any(|key| self.is_present(key))
    }

    /// The dropped keys of a table, without those of its columns.
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

    /// The key that is held already, if there is one.
    pub(super) fn held(&self, key: Key) -> Arc<Key> {
        self.values.get_key_value(&key).map_or_else(|| Arc::new(key), |(held, _)| Arc::clone(held))
    }

    pub(super) fn set(&mut self, key: impl Into<Arc<Key>>, value: Expected) -> Option<Expected> {
        let key = key.into();
        self.state.clouds.needed.remove(&*key);
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

/// The tables with which a key is dropped.
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

/// The names that a text has to contain to change an object.
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
