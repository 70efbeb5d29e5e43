//! What a statement does to the objects of a database, as its text says it. Names are those of the script, not resolved.

mod act;
mod alter_table;
mod constraint;
mod conversion;
mod data;
mod drop;
mod effect;
mod expr;
mod facts;
mod forms;
mod function;
mod guarded;
mod index;
mod label;
mod made;
mod naming;
mod object;
mod opaque;
mod queried;
pub mod question;
mod read;
mod rename;
mod sequence;
mod serial;
mod setting;
mod spelling;
mod table;
mod types;
mod view;

pub use super::alone::Named;
pub use act::{Act, AttributeAct, DomainAct, Neighbour, OwnedBy, ReplicaIdentity, TableAct, TriggerName};
pub use conversion::Conversion;
pub(super) use effect::effect;
pub use expr::{Expr, Template, TypeName};
pub use facts::{Data, DataAct, Picked};
pub use forms::{names_in, words_in};
pub use function::body_of;
pub use label::made;
pub use made::{
    Attribute, ConstraintKind, ForeignKey, Generated, Identity, IndexKey, Like, NewColumn, NewConstraint, NewDomain,
    NewFunction, NewIndex, NewTable, NewTableAs, NewTrigger, NewView,
};
pub use object::{FunctionKind, Object, RelationKind};
pub use queried::{Source, SourceColumn};
pub(super) use read::{expression_sql, listed as named_object, named, role, type_text};
pub use serial::serial;
pub use spelling::respelled;

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A definition: its changes in the order in which they take effect.
    Changes(Vec<Change>),
    /// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, a query that writes, `setval`, ALTER SEQUENCE … RESTART.
    Data(Box<Data>),
    /// Code that the text does not show: DO, CALL, EXECUTE, a query that calls a function.
    Opaque(Opaque),
    Setting(Setting),
    /// Maintenance, a plain query, and what concerns the session alone: running it twice is running it once.
    Repeatable,
    /// A definition that is not judged, by its command tag.
    Unjudged(String),
}

/// What one definition does, or a part of one: a subcommand of ALTER TABLE, an object of DROP or GRANT, an element of
/// CREATE SCHEMA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub act: Act,
    /// A statement of this change alone, such as the ALTER TABLE with one subcommand; none where the whole is one change.
    pub alone: Option<String>,
    /// It does nothing where what it makes is there, as IF NOT EXISTS says where the grammar has it.
    pub guarded: bool,
}

/// A search_path that a script sets, or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The schemas as written, `$user` among them; none: back to the session's own.
    SearchPath(Option<Vec<String>>),
    /// SET ROLE, SET SESSION AUTHORIZATION; none: RESET.
    Role(Option<String>),
    /// RESET ALL.
    All,
    Other,
}

/// A statement whose code is not read: every word of its text that may name an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opaque {
    /// It runs a text that is built at run time.
    pub is_dynamic: bool,
    /// Lower-case words of the text, the strings in it and the body of a DO among them; sorted, each once.
    pub words: Vec<String>,
    /// Functions that it calls, outside pg_catalog as far as the text tells; what only looks like a call is among them.
    pub calls: Vec<Named>,
    /// Whether a word of DDL (CREATE, ALTER, DROP, RENAME, COMMENT ON, GRANT, REVOKE) or EXECUTE stands in it.
    pub may_define: bool,
    /// Likewise for INSERT and its kin, `setval`, PERFORM, CALL; always true of what calls code by a name.
    pub may_write: bool,
}

#[cfg(test)]
mod tests;
