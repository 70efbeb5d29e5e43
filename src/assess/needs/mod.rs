//! The prerequisites of pending statements: missing objects, and rights.

pub mod missing;
pub mod report;
pub mod rights;
