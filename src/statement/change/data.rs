//! The facts of a statement on data.

use crate::sql::Named;

/// A statement on data: its reads and writes, and the parts of a question to the data whether it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    pub act: DataAct,
    /// The relation that the statement writes to; several for TRUNCATE and a WITH that writes.
    pub writes: Vec<Named>,
    /// The columns that it sets or inserts into the first of `writes`; none means all of them.
    pub columns: Option<Vec<String>>,
    /// Every relation that it reads, including the target of an UPDATE or DELETE.
    pub reads: Vec<Named>,
    /// Column names anywhere in it, qualified or not, including those that it sets or inserts; `*` for whole rows.
    pub column_refs: Vec<String>,
    pub calls: Vec<Named>,
    /// Columns that it writes whose type has no equality, with their types: they are compared as text. A caller that knows the
    /// table fills them in.
    pub as_text: Vec<(String, String)>,
    /// The reason, in words, why no question can be asked about it: a clock, `setval`, a WITH that writes, DEFAULT as a value, a
    /// part of a column, ON CONFLICT DO UPDATE, pg_catalog. The catalog says if `calls` are volatile.
    pub unaskable: Option<String>,
    /// INSERT … ON CONFLICT (key) DO NOTHING, INSERT … WHERE NOT EXISTS on its target: idempotent.
    pub repeatable: bool,
    /// INSERT … ON CONFLICT DO NOTHING: idempotent if its columns contain a unique key, which the catalog knows.
    pub skips_conflicts: bool,
}

/// The rows that a query chooses, and the functions that choose them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    pub rows: String,
    pub calls: Vec<Named>,
}

/// The positions that a statement gives a sequence, as a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positions {
    pub sequence: PositionOf,
    /// Rows of the last value, and of `is_called` if the statement gives it.
    pub rows: String,
    pub is_called: IsCalled,
}

/// The sequence that gets a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PositionOf {
    Sequence(Named),
    /// `pg_get_serial_sequence('table', 'column')`.
    Column {
        table: String,
        column: String,
    },
}

/// True if the next value follows the position (PostgreSQL documentation 9.17).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsCalled {
    Always(bool),
    /// The second value of each row.
    InRows,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataAct {
    Insert {
        /// The rows as a query: `VALUES …` or the SELECT; empty for DEFAULT VALUES.
        rows: String,
        /// True if the rows are only literals and stay in the text: a question about them parses the statement again.
        in_text: bool,
        /// True if a value is DEFAULT.
        defaults: bool,
        /// For a plain SELECT: the same rows without their values, which may be computed anew each time.
        picked: Option<Picked>,
        /// The columns whose values are the same each time, and the rows cut to these columns; none unless some values are
        /// computed anew.
        stable: Option<(Vec<String>, Picked)>,
    },
    Update {
        /// As written, with its ONLY and its alias.
        target: String,
        /// The qualifier of the target's columns, quoted.
        alias: String,
        /// Column and new value as SQL.
        set: Vec<(String, String)>,
        /// The SQL after FROM and after WHERE; empty if the clause is missing.
        from: String,
        condition: String,
        /// `WITH …`, to precede a question; empty if it is missing.
        with: String,
        /// True if a new value depends on a column that is set, as in `x = x + 1`: a second run would change rows again.
        reads_own: bool,
        /// The functions that choose its rows; none if no question can ask for its rows.
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
        /// True if the statement also sets other options.
        alters: bool,
        /// None if its values are not the same each time, or if there is more than one call.
        sets: Option<Box<Positions>>,
    },
    Copy,
    Merge,
    /// A SELECT with a WITH that writes.
    Other,
}
