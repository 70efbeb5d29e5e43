//! Parts of SQL that outlive the parse tree: expressions, templates for building an object, types.

mod facts;
mod forms;
mod query;
mod rename;
mod spelling;

use std::fmt;

pub(crate) use facts::Facts;
pub use query::{Source, SourceColumn};
pub(crate) use rename::placed;
pub use spelling::respelled;

use super::Named;

/// An expression of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// The SQL, as the parser deparses it.
    pub sql: String,
    /// The columns that it may read: the last name of every column reference, without duplicates.
    pub columns: Vec<String>,
    /// The functions that it calls.
    pub calls: Vec<Named>,
    /// The sequence of a plain `nextval('s')`, as named in `'s'`.
    pub nextval: Option<Box<Named>>,
}

/// The definition of an object with placeholders for its own name and its table's.
#[derive(Clone, PartialEq, Eq)]
pub struct Template {
    pub(crate) sql: String,
    facts: Facts,
}

impl Template {
    /// A template for which no fact of the tree counts.
    pub(crate) fn plain(sql: String) -> Self {
        Self { sql, facts: Facts::default() }
    }

    pub(crate) fn with_facts(sql: String, facts: Facts) -> Self {
        Self { sql, facts }
    }

    /// The placeholder for the object's name, always quoted (it contains a space).
    pub(crate) const NAME: &'static str = "lockgate name";
    /// The placeholder for the object's table.
    pub(crate) const TARGET: &'static str = "lockgate target";

    /// Creates a template from SQL with `{name}` and `{target}`: for tests of the code that builds objects.
    #[doc(hidden)]
    pub fn from_sql(sql: &str) -> Self {
        let marker = |name: &str| format!("\"{name}\"");
        Self::plain(sql.replace("{name}", &marker(Self::NAME)).replace("{target}", &marker(Self::TARGET)))
    }

    /// The SQL with these names, which are already quoted.
    pub fn fill(&self, name: &str, target: &str) -> String {
        let marker = |name: &str| format!("\"{name}\"");
        self.sql.replace(&marker(Self::NAME), name).replace(&marker(Self::TARGET), target)
    }

    /// True if it alters the object after creating it.
    pub fn is_altered(&self) -> bool {
        self.facts.is_altered
    }

    /// True if a column that a relation gets later changes the meaning of a view over it: by `*` or by NATURAL JOIN.
    pub fn takes_new_columns(&self) -> bool {
        self.facts.takes_new_columns
    }

    /// True if an index has an expression as a key, or a predicate.
    pub fn has_expression(&self) -> bool {
        self.facts.has_expression
    }

    /// True if a literal means the time at which it is read (PostgreSQL documentation 8.5.1.4): a view over `'now'::timestamp`
    /// keeps the time of its creation.
    pub fn holds_a_moment(&self) -> bool {
        self.facts.holds_a_moment
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Template");
        shown.field(&self.sql);
        if self.facts != Facts::default() {
            shown.field(&self.facts);
        }
        shown.finish()
    }
}

/// A type as the parser reads it: `int` is `pg_catalog.int4`, `text` stays without a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeName {
    pub schema: Option<String>,
    /// The server's internal name where the grammar gives it (`int4`, `timestamptz`, `varchar`, `bpchar`).
    pub name: String,
    /// Modifiers as written, constants and words: `["10", "2"]`.
    pub modifiers: Vec<String>,
    /// True for an array; the server does not distinguish dimensions.
    pub is_array: bool,
    pub is_set: bool,
    /// `t.c%TYPE`.
    pub is_reference: bool,
}
