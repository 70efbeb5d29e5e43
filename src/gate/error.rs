//! Errors that keep a gate closed and belong to no single stage.

use std::time::Duration;

use crate::execute::{Signal, Stands};
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
    #[error("the stamp would forget {}", counted(.ids.len(), "applied revision"))]
    StampForgets { ids: Vec<String> },
    #[error("the stamp would accept {} that {} changed after being applied", counted(.files.len(), "file"), was_were(.files.len()))]
    StampAccepts { files: Vec<String> },
    #[error("the catalog does not show what the stamp would record")]
    StampDiffers { lines: Vec<String> },
    #[error("the history has changed since the stamp was shown")]
    StampMoved,
    #[error("schema {schema} has no history, and this chain has one in another schema")]
    HistoryElsewhere { schema: String, others: Vec<String> },
    #[error("there is no way back from {}", counted(.files.len(), "revision"))]
    NoWayBack { files: Vec<String> },
    #[error("the target {target} is not a place in this chain: {why}")]
    Target { target: String, why: String },
    #[error("the connection broke {0} times without a revision committed between")]
    Broke(usize, String),
    #[error("what the plan looked at is changed before it runs, at every run")]
    Outrun(String),
    #[error("the gate is open, and {} of this chain {} pending again", counted(.0, "revision"), is_are(*.0))]
    LeftHead(usize),
    #[error("{} {} still pending after {} s", counted(.pending, "revision"), is_are(*.pending), .waited.as_secs())]
    NotAtHead { pending: usize, waited: Duration },
    #[error("stopped while {0}")]
    Stopped(&'static str, Signal, Option<Stands>),
}

fn was_were(count: usize) -> &'static str {
    if count == 1 { "was" } else { "were" }
}

impl Coded for GateError {
    fn code(&self) -> Code {
        match self {
            Self::OutOfOrder { .. } => Code::OUT_OF_ORDER,
            Self::Ahead(_) | Self::AheadOfDown(_) | Self::AheadOfStamp(_) => Code::AHEAD,
            Self::StampForgets { .. } | Self::StampAccepts { .. } | Self::StampDiffers { .. } | Self::StampMoved => {
                Code::STAMP
            }
            Self::HistoryElsewhere { .. } => Code::FIRST_CONTACT,
            Self::NoWayBack { .. } => Code::NO_WAY_BACK,
            Self::Target { .. } => Code::USAGE,
            Self::Broke(..) => Code::CONNECTION_LOST,
            Self::Outrun(_) => Code::CONFLICT,
            Self::LeftHead(_) => Code::LEFT_HEAD,
            Self::NotAtHead { .. } => Code::NOT_AT_HEAD,
            Self::Stopped(_, signal, _) => signal.code(),
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::OutOfOrder { files } | Self::NoWayBack { files } | Self::StampAccepts { files } => files.clone(),
            Self::StampForgets { ids } => ids.clone(),
            Self::StampDiffers { lines } | Self::HistoryElsewhere { others: lines, .. } => lines.clone(),
            Self::Broke(_, last) | Self::Outrun(last) => vec![format!("last: {last}")],
            Self::Stopped(_, _, stands) => stands.iter().map(ToString::to_string).collect(),
            Self::Ahead(_)
            | Self::AheadOfDown(_)
            | Self::AheadOfStamp(_)
            | Self::StampMoved
            | Self::Target { .. }
            | Self::LeftHead(_)
            | Self::NotAtHead { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::StampForgets { .. } => {
                "`lockgate down TARGET` takes them back; `lockgate stamp TARGET --unchecked` forgets them and takes nothing back"
            }
            Self::StampAccepts { .. } => {
                "put each file back as it was applied; `lockgate stamp TARGET --unchecked` accepts it as it stands"
            }
            Self::StampDiffers { .. } => {
                "stamp the revision at which the database stands (`lockgate plan` shows it), or mend what differs; \
                 `--unchecked` records it all the same"
            }
            Self::HistoryElsewhere { .. } => {
                "go on with the history that is named; or let LOCKGATE_FIRST_CONTACT=migrate apply the whole chain in this schema"
            }
            Self::StampMoved => "run it again",
            Self::Outrun(_) => {
                "find who changes it meanwhile (an event trigger, another deployment, another role), and run again after that"
            }
            _ => return None,
        };
        Some(next.to_owned())
    }
}
