//! The identity of an object: the key under which the chain's definition and the catalog's are compared.
//!
//! A property that a statement can change on its own (a default, NOT NULL, the switch of row security) has a key of its own.

use std::fmt;

use crate::pg::name::QualifiedName;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Schema(String),
    Role(String),
    Extension(String),
    Publication(String),
    /// A table in a publication.
    Published(String, QualifiedName),
    EventTrigger(String),
    /// Tables, views, materialized views, sequences, indexes and composite types share one namespace (pg_class).
    Relation(QualifiedName),
    /// The existence of the column, its type, collation, identity and generation expression.
    Column(QualifiedName, String),
    Default(QualifiedName, String),
    NotNull(QualifiedName, String),
    ColumnProperty(QualifiedName, String, String),
    Constraint(QualifiedName, String),
    Trigger(QualifiedName, String),
    /// pg_trigger.tgenabled.
    TriggerState(QualifiedName, String),
    Policy(QualifiedName, String),
    Rule(QualifiedName, String),
    TableProperty(QualifiedName, TableProperty),
    /// Enum, domain, range. A composite type is a [`Key::Relation`] in the catalog, and a type here.
    Type(QualifiedName),
    /// The name with the types of the input arguments: `int4`, `public.mood`, `text[]`; those in pg_catalog without a schema.
    Function(QualifiedName, Vec<String>),
    Collation(QualifiedName),
    Statistics(QualifiedName),
    Comment(Box<Key>),
    Owner(Box<Key>),
    /// A grant on an object, to a role (`public` for PUBLIC), of a privilege in capitals; a column's privilege belongs to its
    /// column.
    Grant(Box<Key>, String, String),
    /// A member of a role: role, member.
    Member(String, String),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableProperty {
    RowSecurity,
    ForceRowSecurity,
    /// UNLOGGED.
    Unlogged,
    ReplicaIdentity,
    /// A storage parameter.
    Option(String),
}

impl Key {
    /// True for a property of an object, which has no existence of its own.
    pub fn is_property(&self) -> bool {
        matches!(
            self,
            Self::Default(..)
                | Self::NotNull(..)
                | Self::ColumnProperty(..)
                | Self::TableProperty(..)
                | Self::TriggerState(..)
                | Self::Comment(_)
                | Self::Owner(_)
                | Self::Grant(..)
        )
    }

    /// The table to which the key belongs, or the relation itself.
    pub fn relation(&self) -> Option<&QualifiedName> {
        match self {
            Self::Relation(name)
            | Self::Column(name, _)
            | Self::Default(name, _)
            | Self::NotNull(name, _)
            | Self::ColumnProperty(name, ..)
            | Self::Constraint(name, _)
            | Self::Trigger(name, _)
            | Self::TriggerState(name, _)
            | Self::Policy(name, _)
            | Self::Rule(name, _)
            | Self::TableProperty(name, _)
            | Self::Published(_, name) => Some(name),
            Self::Comment(of) | Self::Owner(of) | Self::Grant(of, ..) => of.relation(),
            Self::Schema(_)
            | Self::Role(_)
            | Self::Extension(_)
            | Self::Publication(_)
            | Self::EventTrigger(_)
            | Self::Type(_)
            | Self::Function(..)
            | Self::Collation(_)
            | Self::Statistics(_)
            | Self::Member(..) => None,
        }
    }

    /// The same part of another table; none for a key that is not part of a table, or that has a schema-wide name of its own.
    pub fn on_table(&self, table: QualifiedName) -> Option<Self> {
        Some(match self.clone() {
            Self::Column(_, name) => Self::Column(table, name),
            Self::Default(_, name) => Self::Default(table, name),
            Self::NotNull(_, name) => Self::NotNull(table, name),
            Self::ColumnProperty(_, name, property) => Self::ColumnProperty(table, name, property),
            Self::Constraint(_, name) => Self::Constraint(table, name),
            Self::Trigger(_, name) => Self::Trigger(table, name),
            Self::TriggerState(_, name) => Self::TriggerState(table, name),
            Self::Policy(_, name) => Self::Policy(table, name),
            Self::Rule(_, name) => Self::Rule(table, name),
            Self::TableProperty(_, property) => Self::TableProperty(table, property),
            Self::Published(publication, _) => Self::Published(publication, table),
            Self::Relation(_)
            | Self::Schema(_)
            | Self::Role(_)
            | Self::Extension(_)
            | Self::Publication(_)
            | Self::EventTrigger(_)
            | Self::Type(_)
            | Self::Function(..)
            | Self::Collation(_)
            | Self::Statistics(_)
            | Self::Comment(_)
            | Self::Owner(_)
            | Self::Grant(..)
            | Self::Member(..) => return None,
        })
    }
}

/// The object in readable words: `column a of public.t`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Extension(name) => write!(f, "extension {name}"),
            Self::Publication(name) => write!(f, "publication {name}"),
            Self::Published(publication, table) => write!(f, "{table} in publication {publication}"),
            Self::EventTrigger(name) => write!(f, "event trigger {name}"),
            Self::Relation(name) => write!(f, "{name}"),
            Self::Column(table, name) => write!(f, "column {name} of {table}"),
            Self::Default(table, name) => write!(f, "default of {table}.{name}"),
            Self::NotNull(table, name) => write!(f, "NOT NULL of {table}.{name}"),
            Self::ColumnProperty(table, name, property) => write!(f, "{property} of {table}.{name}"),
            Self::Constraint(table, name) => write!(f, "constraint {name} of {table}"),
            Self::Trigger(table, name) => write!(f, "trigger {name} of {table}"),
            Self::TriggerState(table, name) => write!(f, "state of trigger {name} of {table}"),
            Self::Policy(table, name) => write!(f, "policy {name} of {table}"),
            Self::Rule(table, name) => write!(f, "rule {name} of {table}"),
            Self::TableProperty(table, property) => match property {
                TableProperty::RowSecurity => write!(f, "row security of {table}"),
                TableProperty::ForceRowSecurity => write!(f, "forced row security of {table}"),
                TableProperty::Unlogged => write!(f, "persistence of {table}"),
                TableProperty::ReplicaIdentity => write!(f, "replica identity of {table}"),
                TableProperty::Option(name) => write!(f, "{name} of {table}"),
            },
            Self::Type(name) => write!(f, "type {name}"),
            Self::Function(name, arguments) => write!(f, "function {name}({})", arguments.join(", ")),
            Self::Collation(name) => write!(f, "collation {name}"),
            Self::Statistics(name) => write!(f, "statistics {name}"),
            Self::Comment(of) => write!(f, "comment on {of}"),
            Self::Owner(of) => write!(f, "owner of {of}"),
            Self::Grant(of, role, privilege) => write!(f, "{privilege} on {of} for {role}"),
            Self::Member(role, member) => write!(f, "membership of {member} in {role}"),
        }
    }
}
