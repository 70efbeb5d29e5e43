//! Reasons why a schema could not be compared with its snapshot.

use std::path::PathBuf;

use super::Unread;
use crate::connect::{ConnectError, SessionError};
use crate::failure::{Code, Coded, counted, is_are};
use crate::files::FileError;
use crate::object::FactError;

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("there is no snapshot: {} does not exist", .path.display())]
    NoSnapshot { path: PathBuf },
    #[error("the snapshot {} cannot be read", .path.display())]
    Unreadable { path: PathBuf, source: FileError },
    #[error("{} is no snapshot that this version can read: {why}", .path.display())]
    Shape { path: PathBuf, why: String },
    #[error("the snapshot {} cannot be written", .path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error("{} holds no owners and grants to compare with", .path.display())]
    NoPrivileges { path: PathBuf },
    #[error("{}:{line}: {why}", .path.display())]
    Ignore { path: PathBuf, line: usize, why: String },
    #[error("{} is of another chain: its head is {of}, the chain's {head}", .path.display())]
    Stale { path: PathBuf, of: String, head: String },
    #[error("the database is at head, and {} of its schema {} missing or different", counted(.lines.len(), "object"), is_are(.lines.len()))]
    Drift { lines: Vec<String> },
    #[error("{} cannot be looked at", counted(.unread.len(), "relation"))]
    Unread { unread: Vec<Unread> },
    #[error("the connection's search_path names no schema that exists")]
    NoSchema,
    #[error("the catalog gave an answer that was not asked for")]
    Fact(#[source] FactError),
    #[error("the catalog of {address} cannot be read")]
    Server { address: String, source: crate::connect::ServerError },
    #[error(transparent)]
    Connect(#[from] Box<ConnectError>),
}

impl VerifyError {
    pub(super) fn of(address: &str, error: SessionError) -> Self {
        match error {
            SessionError::Server(source) => Self::Server { address: address.to_owned(), source },
            lost @ SessionError::Lost(_) => Self::Connect(Box::new(ConnectError::unanswered(address.to_owned(), lost))),
        }
    }
}

impl Coded for VerifyError {
    fn code(&self) -> Code {
        match self {
            Self::NoSnapshot { .. } => Code::NO_SNAPSHOT,
            Self::Unreadable { .. }
            | Self::Shape { .. }
            | Self::NoPrivileges { .. }
            | Self::Unwritable { .. }
            | Self::Ignore { .. } => Code::SNAPSHOT,
            Self::Stale { .. } => Code::STALE,
            Self::Drift { .. } => Code::DRIFT,
            Self::Unread { .. } => Code::NOT_VERIFIED,
            Self::NoSchema => Code::NO_SCHEMA,
            Self::Fact(_) => Code::BUG,
            Self::Server { source, .. } if source.sqlstate == "42501" => Code::PRIVILEGE,
            Self::Server { .. } => Code::CATALOG,
            Self::Connect(error) => error.code(),
        }
    }

    /// The details, whose values may contain the text of a default.
    fn private(&self) -> Vec<String> {
        match self {
            Self::Drift { lines } => lines.clone(),
            _ => Vec::new(),
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Unread { unread } => unread.iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::Ignore { .. } => "begin the line with a kind of object and a pattern, as docs/verify.md shows",
            Self::Unwritable { .. } => "give the user that runs lockgate the right to write beside the chain",
            Self::NoPrivileges { .. } => "`lockgate snapshot --privileges` writes them too",
            _ => return None,
        };
        Some(next.to_owned())
    }
}
