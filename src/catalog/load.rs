//! One query that reads every property of the named objects.

use std::collections::{BTreeMap, BTreeSet};

use super::answer;
use super::error::CatalogError;
use super::found::{Found, RelKind};
use super::key::{Key, TableProperty};
use super::questions::Kind;
use super::untrusted::Stray;
use crate::connect::{Message, Session};
use crate::pg::name::{QualifiedName, quote_array};
use crate::pg::version::ServerVersion;

/// The names to read, each with its schema. Every overload of a function is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Tables, views, sequences, indexes; for a table also its parts.
    pub relations: BTreeSet<QualifiedName>,
    pub types: BTreeSet<QualifiedName>,
    pub functions: BTreeSet<QualifiedName>,
    pub statistics: BTreeSet<QualifiedName>,
    pub collations: BTreeSet<QualifiedName>,
    pub schemas: BTreeSet<String>,
    pub roles: BTreeSet<String>,
    pub extensions: BTreeSet<String>,
    pub publications: BTreeSet<String>,
    pub event_triggers: BTreeSet<String>,
}

/// Reads the named objects in one message, inside or outside a transaction. Definitions have qualified names outside pg_catalog,
/// whatever the session's search_path is (PostgreSQL documentation 5.10.3). Reading a definition waits for a session that alters
/// the object: the caller sets the lock_timeout.
///
/// # Errors
/// The connection broke, a definition is locked, or the server refused the query.
pub async fn load(session: &Session, wanted: &Wanted) -> Result<Catalog, CatalogError> {
    let Some(question) = question(wanted, session.server) else { return Ok(Catalog::default()) };
    let rows = session.send(&Message::inside(question)).await.rows().await?;
    answer::read(rows)
}

fn question(wanted: &Wanted, server: ServerVersion) -> Option<String> {
    let mut lists = Vec::new();
    let mut queries = Vec::new();
    let qualified: [(&[Kind], &BTreeSet<QualifiedName>); 5] = [
        (&Kind::OF_RELATIONS, &wanted.relations),
        (&Kind::OF_TYPES, &wanted.types),
        (&[Kind::Function], &wanted.functions),
        (&[Kind::Statistics], &wanted.statistics),
        (&[Kind::Collation], &wanted.collations),
    ];
    for (kinds, names) in qualified.into_iter().filter(|(_, names)| !names.is_empty()) {
        lists.extend(kinds.first().map(|kind| kind.named(names.iter())));
        queries.extend(kinds.iter().map(|kind| kind.query(server, "")));
    }
    let bare = [
        (Kind::Schema, &wanted.schemas),
        (Kind::Role, &wanted.roles),
        (Kind::Extension, &wanted.extensions),
        (Kind::Publication, &wanted.publications),
        (Kind::EventTrigger, &wanted.event_triggers),
    ];
    for (kind, names) in bare.into_iter().filter(|(_, names)| !names.is_empty()) {
        queries.push(kind.query(server, &quote_array(names.iter().map(String::as_str))));
    }
    (!queries.is_empty()).then(|| {
        let with = if lists.is_empty() { String::new() } else { format!("WITH {} ", lists.join(", ")) };
        format!("{with}{}", queries.join(" UNION ALL "))
    })
}

/// The catalog's facts about the wanted objects.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    found: BTreeMap<Key, Found>,
    /// The parts of each table.
    hanging: BTreeMap<QualifiedName, Vec<Key>>,
    relations: BTreeMap<QualifiedName, (RelKind, f64)>,
    /// The objects of other roles that reading a relation or a domain would run.
    reaches: BTreeMap<Key, Vec<Stray>>,
}

/// The value of a property that was never set.
static UNSET: Found = Found::Word(None);
static OFF: Found = Found::Flag(false);

impl Catalog {
    /// None if the object does not exist or was not asked for. A comment, a privilege or a parameter that was never set is
    /// returned as not set.
    pub fn get(&self, key: &Key) -> Option<&Found> {
        self.found.get(key).or_else(|| self.unset(key))
    }

    fn unset(&self, key: &Key) -> Option<&Found> {
        let (of, found) = match key {
            Key::Comment(of) => ((**of).clone(), &UNSET),
            Key::Grant(of, ..) => ((**of).clone(), &OFF),
            Key::ColumnProperty(table, column, _) => (Key::Column(table.clone(), column.clone()), &UNSET),
            Key::TableProperty(table, TableProperty::Option(_)) => (Key::Relation(table.clone()), &UNSET),
            Key::Member(role, _) => (Key::Role(role.clone()), &OFF),
            _ => return None,
        };
        self.found.contains_key(&of).then_some(found)
    }

    /// All parts of a table: columns with their defaults and NOT NULL, constraints, indexes, triggers, policies, rules. The named
    /// NOT NULL constraints of PostgreSQL 18 are omitted.
    pub fn on(&self, table: &QualifiedName) -> impl Iterator<Item = (&Key, &Found)> {
        let keys = self.hanging.get(table).into_iter().flatten();
        keys.filter_map(|key| self.found.get_key_value(key)).filter(|(_, found)| !is_not_null(found))
    }

    pub fn relation_kind(&self, name: &QualifiedName) -> Option<RelKind> {
        self.relations.get(name).map(|(kind, _)| *kind)
    }

    /// The object whose owner controls a key, and that owner. None if it does not exist or has no owner.
    pub fn owner(&self, key: &Key) -> Option<(Key, &str)> {
        let holder = self.holder(key);
        match self.found.get(&Key::Owner(Box::new(holder.clone()))) {
            Some(Found::Word(Some(owner))) => Some((holder, owner)),
            _ => None,
        }
    }

    fn holder(&self, key: &Key) -> Key {
        match key {
            Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) => self.holder(of),
            // An index belongs to its table.
            Key::Relation(name) => match self.found.get(key) {
                Some(Found::Index(index)) => Key::Relation(index.table.clone()),
                _ => Key::Relation(name.clone()),
            },
            // A composite type is a relation too.
            Key::Type(name) if !self.found.contains_key(&Key::Owner(Box::new(key.clone()))) => {
                Key::Relation(name.clone())
            }
            Key::Published(publication, _) => Key::Publication(publication.clone()),
            key => key.relation().map_or_else(|| key.clone(), |table| Key::Relation(table.clone())),
        }
    }

    /// The tables of a publication.
    pub fn published<'a>(&'a self, publication: &'a str) -> impl Iterator<Item = (&'a Key, &'a QualifiedName)> {
        self.found.keys().filter_map(move |key| match key {
            Key::Published(of, table) if of == publication => Some((key, table)),
            _ => None,
        })
    }

    /// The objects of other roles that reading the object of a key would run.
    pub fn reaches(&self, key: &Key) -> &[Stray] {
        self.reaches.get(&self.holder(key)).map_or(&[], Vec::as_slice)
    }

    /// The objects of other roles that reading any of the objects would run.
    pub fn all_reached(&self) -> impl Iterator<Item = &Stray> {
        self.reaches.values().flatten()
    }

    pub(super) fn reached(&mut self, key: Key, strays: Vec<Stray>) {
        self.reaches.insert(key, strays);
    }

    /// None if no such index exists.
    pub fn is_valid_index(&self, name: &QualifiedName) -> Option<bool> {
        match self.found.get(&Key::Relation(name.clone())) {
            Some(Found::Index(index)) => Some(index.valid),
            _ => None,
        }
    }

    /// pg_class.reltuples; -1 before the first ANALYZE (0 before version 14).
    pub fn rows_estimate(&self, table: &QualifiedName) -> Option<f64> {
        self.relations.get(table).map(|(_, rows)| *rows)
    }

    pub fn has_column(&self, table: &QualifiedName, column: &str) -> bool {
        self.found.contains_key(&Key::Column(table.clone(), column.to_owned()))
    }

    /// Everything that was found.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Found)> {
        self.found.iter()
    }

    pub(super) fn insert(&mut self, key: Key, found: Found) {
        let table = match (&key, &found) {
            (Key::Relation(_), Found::Index(index)) => Some(&index.table),
            (
                Key::Column(table, _)
                | Key::Default(table, _)
                | Key::NotNull(table, _)
                | Key::Constraint(table, _)
                | Key::Trigger(table, _)
                | Key::Policy(table, _)
                | Key::Rule(table, _),
                _,
            ) => Some(table),
            _ => None,
        };
        if let Some(table) = table {
            self.hanging.entry(table.clone()).or_default().push(key.clone());
        }
        self.found.insert(key, found);
    }

    pub(super) fn relation(&mut self, name: QualifiedName, kind: RelKind, rows: f64) {
        self.relations.insert(name, (kind, rows));
    }

    pub(super) fn view_column(&mut self, view: &QualifiedName, column: (String, String)) {
        if let Some(Found::View(view)) = self.found.get_mut(&Key::Relation(view.clone())) {
            view.columns.push(column);
        }
    }
}

fn is_not_null(found: &Found) -> bool {
    matches!(found, Found::Constraint(constraint) if constraint.kind == 'n')
}
