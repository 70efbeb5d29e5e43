//! SQL as text and as trees: the grammar's view. Pure; the only module that names the parser crate.

pub mod bound;
#[cfg(test)]
mod checksum_tests;
pub mod clauses;
#[cfg(test)]
pub(crate) mod corpus;
pub mod equality;
pub mod likeness;
mod literals;
mod meaning;
mod name;
pub(crate) mod nodes;
pub(crate) mod parse;
pub mod partition_key;
pub mod place;
pub(crate) mod problem;
pub(crate) mod psql;
mod qualifier;
pub(crate) mod redact;
pub(crate) mod secret;
pub mod shape;
mod template;
pub(crate) mod walk;
mod words;

pub use literals::{strings_in, without_literals};
pub use meaning::Names;
pub use name::{Named, written};
pub use parse::{with_room, with_room_each};
pub use redact::{context_without_literals, scrubbed, without_secrets};
pub use secret::Secrecy;
pub use shape::{operators_in, places_of_calls};
pub use template::{Expr, Source, SourceColumn, Template, TypeName, respelled};
pub(crate) use template::{Facts, placed};
pub use words::{holds, names_in, words_in};
