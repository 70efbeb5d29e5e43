//! Reasons why the catalog cannot be read.

use crate::connect::{ServerError, SessionError};
use crate::failure::{Code, Coded};
use crate::pg::sqlstate::{self, StatementFailure};

#[derive(Clone, Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("the connection broke while the catalog was read: {0}")]
    Lost(String),
    /// Another session is changing the definition: worth another try.
    #[error("a definition is locked by another session")]
    Locked(#[source] ServerError),
    #[error("a question of lockgate's own to the catalog was refused")]
    Server(#[source] ServerError),
    #[error("the catalog answered what cannot be read: {0}")]
    Answer(String),
}

impl From<SessionError> for CatalogError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Lost(text) => Self::Lost(text),
            SessionError::Server(error) => match failure(&error) {
                StatementFailure::Contention => Self::Locked(error),
                _ => Self::Server(error),
            },
        }
    }
}

/// The meaning of a failed statement's answer.
pub(super) fn failure(error: &ServerError) -> StatementFailure {
    sqlstate::statement_failure(&error.sqlstate, &error.message, error.schema.as_deref())
}

impl Coded for CatalogError {
    fn public(&self) -> Option<String> {
        match self {
            Self::Server(error) => Some(format!("{self}: {}", error.public()?)),
            Self::Lost(_) | Self::Locked(_) | Self::Answer(_) => None,
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Server(_) => Some(
                "the question is lockgate's own, not a script's: let what the server names pass it, and run again"
                    .to_owned(),
            ),
            Self::Lost(_) | Self::Locked(_) | Self::Answer(_) => None,
        }
    }

    fn code(&self) -> Code {
        match self {
            Self::Lost(_) => Code::CONNECTION_LOST,
            Self::Locked(_) => Code::DDL_LOCK,
            Self::Server(error) => match failure(error) {
                StatementFailure::Privilege => Code::PRIVILEGE,
                _ => Code::STATEMENT,
            },
            Self::Answer(_) => Code::STATEMENT,
        }
    }
}
