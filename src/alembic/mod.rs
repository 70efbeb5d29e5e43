//! An Alembic chain, read without Python: its files, its graph, and what its version table says of it.

mod blind;
mod coding;
mod folder;
mod graph;
mod ini;
mod lexer;
mod literal;
mod module;
mod problem;
mod project;
pub mod status;

/// The name of the version table where nobody says otherwise.
pub const VERSION_TABLE: &str = "alembic_version";

pub use blind::{Unproved, is_blind};
pub use folder::read;
pub use graph::{Graph, Heads, Revision, Rows};
pub use problem::{AlembicError, Problem};
pub use project::{Project, Search, Table};
pub use status::{Place, StandingError, VersionStatus, Whose};
