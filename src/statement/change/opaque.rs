//! Code that is not read.

use crate::sql::Named;

/// A statement whose code is not read: every word of its text that may name an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opaque {
    /// True if it runs a text that is built at run time.
    pub is_dynamic: bool,
    /// Words of the text in lower case, including those in strings and in the body of a DO; sorted, without duplicates.
    pub words: Vec<String>,
    /// Functions that it calls outside pg_catalog, as far as the text tells; may include words that only look like a call.
    pub calls: Vec<Named>,
    /// True if it contains a word of DDL (CREATE, ALTER, DROP, RENAME, COMMENT ON, GRANT, REVOKE) or EXECUTE.
    pub may_define: bool,
    /// The same for INSERT and the other data statements, `setval`, PERFORM, CALL; always true for a call of named code.
    pub may_write: bool,
    /// True if it contains a statement that writes rows: running it twice may write them twice.
    pub writes_rows: bool,
    /// Objects that it creates under a name in its text.
    pub makes: Vec<Making>,
}

/// An object that code creates, as far as its words tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Making {
    Relation(Named),
    Type(Named),
    Column {
        table: Named,
        column: String,
    },
    Constraint {
        table: Named,
        name: String,
    },
    Trigger {
        table: Named,
        name: String,
    },
    /// A key or a sequence that the server makes with a table, under a name of its choice: `{table}_{column}_{label}`.
    WithTable {
        table: Named,
        column: Option<String>,
        label: &'static str,
    },
}

impl Opaque {
    /// Adds the effects that another code may have.
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
