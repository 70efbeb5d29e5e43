//! Reasons why there is no scratch server.

use std::path::PathBuf;

use crate::connect::{ConnectError, SessionError};
use crate::failure::{Code, Coded};

#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    #[error("no PostgreSQL server is installed: initdb and postgres are in none of {}", .looked.join(", "))]
    NoPrograms { looked: Vec<String> },
    #[error("the directory of a scratch server cannot be made in {}", .place.display())]
    Directory { place: PathBuf, source: std::io::Error },
    #[error("a scratch server cannot be started from {}", .program.display())]
    Start { program: PathBuf, source: std::io::Error },
    #[error("the scratch server does not come up")]
    Ended { words: Vec<String> },
    #[error("the scratch server's own address cannot be read: {0}")]
    Url(String),
    #[error("the scratch server does not answer")]
    Connect(#[source] Box<ConnectError>),
    #[error("the role {name} cannot be made on the scratch server")]
    Role { name: String, source: SessionError },
    #[error("the scratch server refuses a question of ours")]
    Refused(#[source] SessionError),
    #[error("the process that keeps the scratch database cannot be started")]
    Keeper(#[source] std::io::Error),
    #[error("no scratch database can be made on the server of LOCKGATE_SCRATCH_URL: {0}")]
    Given(String),
    #[error("{0} changes more of the server of LOCKGATE_SCRATCH_URL than its database, or may")]
    Cluster(String),
    #[error("the chain names roles that the server of LOCKGATE_SCRATCH_URL does not have: {}", .0.join(", "))]
    NoRoles(Vec<String>),
}

impl Coded for ScratchError {
    fn code(&self) -> Code {
        match self {
            Self::Url(_) => Code::BUG,
            Self::Cluster(_) | Self::NoRoles(_) => Code::SCRATCH_SHARED,
            _ => Code::SCRATCH,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Ended { words } => words.clone(),
            _ => Vec::new(),
        }
    }
}
