//! Code that is not read.

use crate::sql::Named;

/// A statement whose code is not read: every word of its text that may name an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opaque {
    /// It runs a text that is built at run time.
    pub is_dynamic: bool,
    /// Lower-case words of the text, the strings in it and the body of a DO among them; sorted, each once.
    pub words: Vec<String>,
    /// Functions that it calls, outside pg_catalog as far as the text tells; what only looks like a call is among them.
    pub calls: Vec<Named>,
    /// True where a word of DDL (CREATE, ALTER, DROP, RENAME, COMMENT ON, GRANT, REVOKE) or EXECUTE stands in it.
    pub may_define: bool,
    /// Likewise for INSERT and its kin, `setval`, PERFORM, CALL; always true of what calls code by a name.
    pub may_write: bool,
    /// True where a statement in it writes rows: running it twice may write them twice.
    pub writes_rows: bool,
    /// Objects that it makes under a name that stands in it.
    pub makes: Vec<Making>,
}

/// An object that code makes, as far as its words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Making {
    Relation(Named),
    Type(Named),
    Column { table: Named, column: String },
    Constraint { table: Named, name: String },
    Trigger { table: Named, name: String },
}

impl Opaque {
    /// What either may do.
    pub fn join(&mut self, other: Self) {
        let Self { is_dynamic, words, calls, may_define, may_write, writes_rows, makes } = other;
        self.is_dynamic |= is_dynamic;
        self.may_define |= may_define;
        self.may_write |= may_write;
        self.writes_rows |= writes_rows;
        self.makes.extend(makes);
        self.words.extend(words);
        self.words.sort_unstable();
        self.words.dedup();
        self.calls.extend(calls);
    }
}
