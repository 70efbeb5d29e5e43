//! What keeps a gate closed that no single stage can say.

use std::time::Duration;

use crate::execute::Signal;
use crate::failure::{Code, Coded};

#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("{} of this chain {} older than current and not applied", counted(.files), is_are(.files))]
    OutOfOrder { files: Vec<String> },
    #[error("the database is {0} revisions ahead of this chain")]
    Ahead(usize),
    #[error("the database is {0} revisions ahead of this chain: it does not know how to take them back")]
    AheadOfDown(usize),
    #[error("the database is {0} revisions ahead of this chain: what they stand on cannot be forgotten")]
    AheadOfStamp(usize),
    #[error("the stamp would forget {}", applied(.ids))]
    StampForgets { ids: Vec<String> },
    #[error("the stamp would accept {}", edited(.files))]
    StampAccepts { files: Vec<String> },
    #[error("the catalog does not show what the stamp would record")]
    StampDiffers { lines: Vec<String> },
    #[error("the history has changed since the stamp was shown")]
    StampMoved,
    #[error("schema {schema} has no history, and this chain has one in another schema")]
    HistoryElsewhere { schema: String, others: Vec<String> },
    #[error("there is no way back from {}", counted(.files))]
    NoWayBack { files: Vec<String> },
    #[error("the target {target} is not a place in this chain: {why}")]
    Target { target: String, why: String },
    #[error("the connection broke {0} times without a revision committed between")]
    Broke(usize, String),
    #[error("{pending} revisions are still pending after {} s", .waited.as_secs())]
    NotAtHead { pending: usize, waited: Duration },
    #[error("stopped while {0}")]
    Stopped(&'static str, Signal),
}

fn counted(files: &[String]) -> String {
    if files.len() == 1 { "one revision".to_owned() } else { format!("{} revisions", files.len()) }
}

fn applied(ids: &[String]) -> String {
    if ids.len() == 1 { "an applied revision".to_owned() } else { format!("{} applied revisions", ids.len()) }
}

fn edited(files: &[String]) -> String {
    let count =
        if files.len() == 1 { "a file that was".to_owned() } else { format!("{} files that were", files.len()) };
    format!("{count} changed after being applied")
}

fn is_are(files: &[String]) -> &'static str {
    if files.len() == 1 { "is" } else { "are" }
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
            Self::NotAtHead { .. } => Code::NOT_AT_HEAD,
            Self::Stopped(_, Signal::Terminate) => Code::TERMINATED,
            Self::Stopped(_, Signal::Interrupt) => Code::INTERRUPTED,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::OutOfOrder { files } | Self::NoWayBack { files } | Self::StampAccepts { files } => files.clone(),
            Self::StampForgets { ids } => ids.clone(),
            Self::StampDiffers { lines } | Self::HistoryElsewhere { others: lines, .. } => lines.clone(),
            Self::Broke(_, last) => vec![format!("last: {last}")],
            Self::Ahead(_)
            | Self::AheadOfDown(_)
            | Self::AheadOfStamp(_)
            | Self::StampMoved
            | Self::Target { .. }
            | Self::NotAtHead { .. }
            | Self::Stopped(..) => Vec::new(),
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
            _ => return None,
        };
        Some(next.to_owned())
    }
}
