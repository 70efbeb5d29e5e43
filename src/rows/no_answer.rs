//! Reasons why rows give no answer.

use crate::catalog::Stray;
use crate::connect::SessionError;

/// Reasons why a question about rows has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    #[error("it would run {0}, a role that is not trusted")]
    Runs(Stray),
    #[error("the server does not tell what it would run")]
    Unclear,
    #[error("{0}() is volatile, or not known")]
    Volatile(String),
    #[error("{0} is not there yet")]
    Missing(String),
    #[error("{0} holds its rows elsewhere")]
    Elsewhere(String),
    #[error("it took longer than {TIMEOUT}")]
    TimedOut,
    #[error("another session holds a lock that is in the way")]
    Locked,
    #[error("the role lacks the right to read it, or to make a temporary function")]
    Denied,
    /// Row security hides rows from the role.
    #[error("row security hides rows from the role")]
    Hidden,
    #[error("the server refuses the question (SQLSTATE {0})")]
    Refused(String),
    /// The question was cancelled from outside.
    #[error("it was cancelled")]
    Cancelled,
    #[error("the connection broke")]
    Lost,
    #[error("{0}")]
    Because(String),
}

/// The setting that limits the time of a question.
const TIMEOUT: &str = "LOCKGATE_CHECK_DATA_TIMEOUT";

impl Untold {
    /// Reads the error. The server's message may contain a value, its SQLSTATE does not. `has_timed_out` distinguishes a question
    /// that took too long from a cancelled one: the server has one SQLSTATE for both.
    pub fn of(error: &SessionError, has_timed_out: bool) -> Self {
        let SessionError::Server(error) = error else { return Self::Lost };
        match error.sqlstate.as_str() {
            "57014" if has_timed_out => Self::TimedOut,
            "57014" => Self::Cancelled,
            "55P03" => Self::Locked,
            // Row security and a missing right share a SQLSTATE. The server's function that raised it distinguishes them.
            "42501" if error.routine.as_deref() == Some("check_enable_rls") => Self::Hidden,
            "42501" => Self::Denied,
            other => Self::Refused(other.to_owned()),
        }
    }

    /// True if further questions will not be answered either.
    pub fn ends_all(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Lost)
    }
}
