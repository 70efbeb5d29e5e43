//! Logs, metrics and the termination message: the outputs of a run beside its exit code.

pub mod log;
pub mod metrics;
pub mod stderr;
pub mod termination;
