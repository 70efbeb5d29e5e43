//! Logs, metrics and the termination message: what a run tells the world beside its exit code.

pub mod log;
pub mod metrics;
pub mod stderr;
pub mod termination;
