//! Knowledge of PostgreSQL that needs no connection: names, SQLSTATEs, versions.

pub mod lock_mode;
pub mod membership;
pub mod name;
pub mod sqlstate;
pub mod version;
