//! Objects: the chain's definitions, the catalog's, and their comparison.

mod answer;
mod bounds;
mod build;
mod canonical;
mod compare;
mod definition;
mod equal_trees;
mod error;
mod explain;
mod facts;
mod found;
mod key;
mod load;
mod names;
mod prove;
mod publication;
mod questions;
mod reach;
mod reused;
mod types;
mod untrusted;

pub use canonical::statement_of;
pub use compare::{Comparison, Difference, compare};
pub use definition::{
    Column, Constraint, ConstraintKind, Conversion, DefaultValue, Definition, ForeignKey, Index, Published, Table,
};
pub use equal_trees::is_told;
pub use error::CatalogError;
pub use facts::{SCHEMAS, SETTINGS, facts};
pub use found::*;
pub use key::{Key, TableProperty};
pub use load::{Catalog, Wanted, load};
pub use names::{FunctionFacts, Others, Stranger, StrangerKind, Surroundings, others, surroundings};
pub use prove::{How, Proof, Question, prove, prove_alone};
pub use publication::Publication;
pub use reach::{Query, reached, reached_alone};
pub use reused::{TAKEN_SQLSTATE, Taken, TakenKind, guard, stranger};
pub use types::has_type;
pub use untrusted::Stray;
