//! An Alembic chain, read without Python: its files, its graph, and the meaning of its version table.

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

/// The default name of the version table.
pub const VERSION_TABLE: &str = "alembic_version";

pub use blind::{Unproved, is_blind};
pub use folder::read;
pub use graph::{Graph, Heads, Revision, Rows};
pub use problem::{AlembicError, Problem};
pub use project::{Project, Search, Table};
pub use status::{Place, StandingError, VersionStatus, Whose};
