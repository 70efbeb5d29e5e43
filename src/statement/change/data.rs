//! What is known of a statement on data.

use crate::sql::Named;

/// A statement on data: what it reads and writes, and how the data can be asked whether it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    pub act: DataAct,
    /// The relation that it writes to; more for TRUNCATE and a WITH that writes.
    pub writes: Vec<Named>,
    /// The columns that it sets or inserts into the first of `writes`; none: all of them.
    pub columns: Option<Vec<String>>,
    /// Every relation that it reads, the one that it writes to among them where it does (UPDATE, DELETE).
    pub reads: Vec<Named>,
    /// Column names that stand in it anywhere, qualified or not, those that it sets or inserts among them; `*` for whole rows.
    pub column_refs: Vec<String>,
    pub calls: Vec<Named>,
    /// Columns that it writes whose type has no equality, with their types: they are compared as text. Who knows the table puts
    /// them here.
    pub as_text: Vec<(String, String)>,
    /// What makes it unfit to be asked about, in words: a clock, `setval`, a WITH that writes, DEFAULT as a value, a part
    /// of a column, ON CONFLICT DO UPDATE, pg_catalog. Whether `calls` are volatile is the catalog's to say.
    pub unaskable: Option<String>,
    /// INSERT … ON CONFLICT (key) DO NOTHING, INSERT … WHERE NOT EXISTS on its target: running it twice is running it once.
    pub repeatable: bool,
    /// INSERT … ON CONFLICT DO NOTHING: likewise, where a unique key is among its columns, which the catalog tells.
    pub skips_conflicts: bool,
}

/// The rows that a query chooses, and the functions that choose them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    pub rows: String,
    pub calls: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataAct {
    Insert {
        /// The rows as a query: `VALUES …` or the SELECT; empty for DEFAULT VALUES.
        rows: String,
        /// True where its rows are literals alone and were left in the text: a question about them reads the statement again.
        in_text: bool,
        /// True where DEFAULT stands in it.
        defaults: bool,
        /// Of a plain SELECT: the same rows without their values, which may be made anew each time.
        picked: Option<Picked>,
        /// Where some values are made anew each time: the other columns, and the rows cut to them.
        stable: Option<(Vec<String>, Picked)>,
    },
    Update {
        /// As written, with its ONLY and its alias.
        target: String,
        /// What qualifies a column of the target, quoted.
        alias: String,
        /// Column and new value as SQL.
        set: Vec<(String, String)>,
        /// What follows FROM and WHERE; empty where there is none.
        from: String,
        condition: String,
        /// `WITH …`, to stand before a question; empty where there is none.
        with: String,
        /// A new value is made from a column that is set, as in `x = x + 1`: once it ran, it would change rows again.
        reads_own: bool,
        /// The functions that choose its rows; none where its rows cannot be asked for, whatever it sets.
        picks: Option<Vec<Named>>,
    },
    Delete {
        target: String,
        alias: String,
        using: String,
        condition: String,
        with: String,
    },
    Truncate {
        restart_identity: bool,
        cascade: bool,
    },
    /// setval, ALTER SEQUENCE RESTART.
    Position {
        sequence: Option<Named>,
        /// It sets other options too.
        alters: bool,
    },
    Copy,
    Merge,
    /// A SELECT with a writing WITH.
    Other,
}
