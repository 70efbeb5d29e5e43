//! What keeps a gate closed that no single stage can say.

use std::time::Duration;

use crate::execute::Signal;
use crate::failure::{Code, Coded, counted, is_are};

#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("{} of this chain {} older than current and not applied", counted(.files.len(), "revision"), is_are(.files.len()))]
    OutOfOrder { files: Vec<String> },
    #[error("the database is {} ahead of this chain", counted(.0, "revision"))]
    Ahead(usize),
    #[error("the database is {} ahead of this chain: it does not know how to take them back", counted(.0, "revision"))]
    AheadOfDown(usize),
    #[error("the database is {} ahead of this chain: what they stand on cannot be forgotten", counted(.0, "revision"))]
    AheadOfStamp(usize),
    #[error("there is no way back from {}", counted(.files.len(), "revision"))]
    NoWayBack { files: Vec<String> },
    #[error("the target {target} is not a place in this chain: {why}")]
    Target { target: String, why: String },
    #[error("the connection broke {0} times without a revision committed between")]
    Broke(usize, String),
    #[error("{} {} still pending after {} s", counted(.pending, "revision"), is_are(*.pending), .waited.as_secs())]
    NotAtHead { pending: usize, waited: Duration },
    #[error("stopped while {0}")]
    Stopped(&'static str, Signal),
}

impl Coded for GateError {
    fn code(&self) -> Code {
        match self {
            Self::OutOfOrder { .. } => Code::OUT_OF_ORDER,
            Self::Ahead(_) | Self::AheadOfDown(_) | Self::AheadOfStamp(_) => Code::AHEAD,
            Self::NoWayBack { .. } => Code::NO_WAY_BACK,
            Self::Target { .. } => Code::USAGE,
            Self::Broke(..) => Code::CONNECTION_LOST,
            Self::NotAtHead { .. } => Code::NOT_AT_HEAD,
            Self::Stopped(_, Signal::Terminate) => Code::TERMINATED,
            Self::Stopped(_, Signal::Interrupt) => Code::INTERRUPTED,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::OutOfOrder { files } | Self::NoWayBack { files } => files.clone(),
            Self::Broke(_, last) => vec![format!("last: {last}")],
            Self::Ahead(_)
            | Self::AheadOfDown(_)
            | Self::AheadOfStamp(_)
            | Self::Target { .. }
            | Self::NotAtHead { .. }
            | Self::Stopped(..) => Vec::new(),
        }
    }
}
