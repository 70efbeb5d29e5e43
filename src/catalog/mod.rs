//! Objects: what the chain wants of them, what the catalog says of them, and whether the two are equal.

mod answer;
mod build;
mod compare;
mod definition;
mod error;
mod explain;
mod found;
mod key;
mod load;
mod names;
mod prove;
mod questions;
mod same;
mod stray;
mod told;
mod types;

pub use compare::{Comparison, Difference, compare};
pub use definition::{
    Column, Constraint, ConstraintKind, Conversion, DefaultValue, Definition, ForeignKey, Index, Table,
};
pub use error::CatalogError;
pub use found::*;
pub use key::{Key, TableProperty};
pub use load::{Catalog, Wanted, load};
pub use names::{FunctionFacts, Stranger, StrangerKind, Surroundings, surroundings};
pub use prove::{How, Proof, Question, prove, prove_alone};
pub use stray::Stray;
pub use told::is_told;
