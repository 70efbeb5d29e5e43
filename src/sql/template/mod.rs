//! Pieces of SQL that outlive the parse tree: expressions, templates to build an object from, types.

mod forms;
mod query;
mod rename;
mod spelling;

pub use query::{Source, SourceColumn};
pub(crate) use rename::placed;
pub use spelling::respelled;

use super::Named;

/// An expression of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// As the parser writes it back.
    pub sql: String,
    /// The columns that it may read: every column reference's last name, each once.
    pub columns: Vec<String>,
    /// Functions that it calls.
    pub calls: Vec<Named>,
    /// The sequence of a plain `nextval('s')`, as `'s'` reads.
    pub nextval: Option<Box<Named>>,
}

/// The definition of an object with the places of its own name and of the table that it hangs on left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(pub(crate) String);

impl Template {
    /// What stands for the object's name, always quoted (it has a space).
    pub(crate) const NAME: &'static str = "lockgate name";
    /// What stands for the table that it hangs on.
    pub(crate) const TARGET: &'static str = "lockgate target";

    /// From SQL with `{name}` and `{target}` in those places: for tests of what builds objects.
    #[doc(hidden)]
    pub fn from_sql(sql: &str) -> Self {
        let marker = |name: &str| format!("\"{name}\"");
        Self(sql.replace("{name}", &marker(Self::NAME)).replace("{target}", &marker(Self::TARGET)))
    }

    /// The SQL, with names that are quoted already.
    pub fn fill(&self, name: &str, target: &str) -> String {
        let marker = |name: &str| format!("\"{name}\"");
        self.0.replace(&marker(Self::NAME), name).replace(&marker(Self::TARGET), target)
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
    /// Dimensions of an array; the server keeps none of them apart.
    pub is_array: bool,
    pub is_set: bool,
    /// `t.c%TYPE`.
    pub is_reference: bool,
}
