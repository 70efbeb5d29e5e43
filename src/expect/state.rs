//! What is expected of every object that the chain has mentioned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use crate::catalog::{Definition, Key};
use crate::pg::name::QualifiedName;

/// What a fresh run has under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    Present(Arc<Definition>),
    /// There, and not what this definition says any more: something that it names was renamed. What it is now the model
    /// cannot state.
    Blurred(Arc<Definition>),
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
            Self::Blurred(_) | Self::Absent | Self::Unknown => None,
        }
    }

    /// The definition, or what it was before something changed it.
    fn shape(&self) -> Option<&Definition> {
        match self {
            Self::Present(definition) | Self::Blurred(definition) => Some(definition),
            Self::Absent | Self::Unknown => None,
        }
    }

    /// Whether it is there, and whether all of it is known.
    pub fn is_present(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Blurred(_))
    }

    /// Whether the model can say what it is.
    pub fn is_stated(&self) -> bool {
        matches!(self, Self::Present(_) | Self::Absent)
    }
}

/// All keys that some file has mentioned. What is not in it no file ever made.
#[derive(Clone, Debug, Default)]
pub struct State {
    values: BTreeMap<Key, Expected>,
    /// The keys that go where a table goes, in order: its columns, its constraints, its indexes, the sequences that it owns.
    hanging: BTreeMap<QualifiedName, Vec<Key>>,
    /// The views that read a relation, or once did.
    readers: BTreeMap<QualifiedName, BTreeSet<Key>>,
}

impl State {
    pub fn get(&self, key: &Key) -> Option<&Expected> {
        self.values.get(key)
    }

    pub fn definition(&self, key: &Key) -> Option<&Definition> {
        self.get(key).and_then(Expected::definition)
    }

    pub fn is_present(&self, key: &Key) -> bool {
        self.get(key).is_some_and(Expected::is_present)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Expected)> {
        self.values.iter()
    }

    pub(super) fn iter_from(&self, key: &Key) -> impl Iterator<Item = (&Key, &Expected)> {
        self.values.range(key.clone()..)
    }

    /// What is there and hangs on a table, the table itself left out.
    pub fn on(&self, table: &QualifiedName) -> Vec<Key> {
        let keys = self.hanging.get(table).into_iter().flatten();
        let hangs = |key: &&Key| match self.values.get(*key) {
            Some(Expected::Absent) | None => false,
            // Its table is not known any more.
            Some(Expected::Unknown) => true,
            Some(value) => hangs_on(key, value.shape()).contains(table),
        };
        keys.filter(hangs).cloned().collect()
    }

    /// The views that read a relation.
    pub(super) fn readers(&self, relation: &QualifiedName) -> Vec<(Key, &Definition)> {
        let keys = self.readers.get(relation).into_iter().flatten();
        let view = |key: &Key| match self.get(key).and_then(Expected::shape) {
            Some(view @ Definition::View { reads, .. }) if reads.contains(relation) => Some((key.clone(), view)),
            _ => None,
        };
        keys.filter_map(view).collect()
    }

    pub(super) fn set(&mut self, key: Key, value: Expected) -> Option<Expected> {
        if let Some(Definition::View { reads, .. }) = value.shape() {
            for relation in reads {
                self.readers.entry(relation.clone()).or_default().insert(key.clone());
            }
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
