//! The verified schema: facts, the snapshot, the database held against it, and the gate that does so before it opens.

mod command; // snapshot and verify as commands: exit codes, what is said, who may run them, what counts as equal
mod matrix; // a drift a file of tests/verify/drift: seen and named, and nothing else

/// The schema that the drifts begin from.
const BASE: &str = include_str!("verify/base.sql");
