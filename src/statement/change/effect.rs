//! What a statement does, as its text says it.

use super::{Act, Data, Opaque};

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
