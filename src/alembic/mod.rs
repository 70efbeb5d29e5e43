//! An Alembic chain, read without Python: its files, its graph, and what its version table says of it.

mod folder;
mod graph;
mod ini;
mod lexer;
mod literal;
mod module;
mod problem;
mod project;
pub mod standing;

pub use folder::read;
pub use graph::{Graph, Heads, Revision};
pub use problem::{AlembicError, Problem};
pub use project::{Project, Search, Table};
pub use standing::{Place, Standing, StandingError};
