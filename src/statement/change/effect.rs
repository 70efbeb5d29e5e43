//! The effect of a statement, as far as its text tells.

use super::{Act, Data, Opaque, Unjudged};

/// The effect of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A definition: its changes in the order in which they take effect.
    Changes(Vec<Change>),
    /// INSERT, UPDATE, DELETE, MERGE, TRUNCATE, COPY, a query that writes, `setval`, ALTER SEQUENCE … RESTART.
    Data(Box<Data>),
    /// Code that is not in the text: DO, CALL, EXECUTE, a query that calls a function.
    Opaque(Opaque),
    Setting(Setting),
    /// Maintenance, a plain query, and statements that concern only the session: idempotent.
    Repeatable,
    /// A definition that is not judged; its command tag.
    Unjudged(Unjudged),
}

/// One change of a definition: a subcommand of ALTER TABLE, an object of DROP or GRANT, an element of CREATE SCHEMA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub act: Act,
    /// A statement of this change alone, such as the ALTER TABLE with one subcommand; none if the definition has one change.
    pub alone: Option<String>,
    /// True if the change does nothing when its object exists: IF NOT EXISTS, or a guard in its place.
    pub guarded: bool,
}

/// A search_path that a script sets, or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The schemas as written, including `$user`; none means the session's own path.
    SearchPath(Option<Vec<String>>),
    /// SET ROLE, SET SESSION AUTHORIZATION; none means RESET.
    Role(Option<String>),
    /// RESET ALL.
    All,
    Other,
}
