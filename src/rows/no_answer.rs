//! Why the rows say nothing.

use crate::catalog::Stray;
use crate::connect::SessionError;

/// Why a question about rows has no answer.
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
    /// Somebody ended the question.
    #[error("it was cancelled")]
    Cancelled,
    #[error("the connection broke")]
    Lost,
    #[error("{0}")]
    Because(String),
}

/// The setting that says how long a question may take.
const TIMEOUT: &str = "LOCKGATE_CHECK_DATA_TIMEOUT";

impl Untold {
    /// The words of the server may hold a value: its SQLSTATE does not. `has_timed_out` tells a cancelled question from one that
    /// took long: the server has one SQLSTATE for both.
    pub fn of(error: &SessionError, has_timed_out: bool) -> Self {
        let SessionError::Server(error) = error else { return Self::Lost };
        match error.sqlstate.as_str() {
            "57014" if has_timed_out => Self::TimedOut,
            "57014" => Self::Cancelled,
            "55P03" => Self::Locked,
            // Row security and a lacking right share a SQLSTATE. The function of the server that speaks tells them apart.
            "42501" if error.routine.as_deref() == Some("check_enable_rls") => Self::Hidden,
            "42501" => Self::Denied,
            other => Self::Refused(other.to_owned()),
        }
    }

    /// True where no other question will be answered either.
    pub fn ends_all(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Lost)
    }
}
