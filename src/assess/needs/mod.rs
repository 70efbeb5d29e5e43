//! The prerequisites of pending statements: objects that are missing, and rights.

pub mod missing;
pub mod report;
pub mod rights;
