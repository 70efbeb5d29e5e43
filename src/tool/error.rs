//! Errors that keep a gate closed for a chain that another tool runs.

use super::ending::Why;
use crate::config::Migrator;
use crate::connect::SessionError;
use crate::failure::{Code, Coded, counted, is_are};
use crate::files::NoProgram;

#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{} of {} chain {} pending, and nothing here runs {}", counted(.pending.len(), "revision"), chain_of(*.tool), is_are(.pending.len()),
        if .pending.len() == 1 { "it" } else { "them" })]
    NoRunner { tool: Migrator, pending: Vec<String> },
    #[error("LOCKGATE_RUNNER is empty")]
    NoWord,
    #[error("nothing here takes revisions of this chain back")]
    NoWayBack,
    #[error("the runner's command takes no target, and {target} was named")]
    NoTarget { target: String },
    #[error("the runner's command {program} cannot be run")]
    Program { program: String, source: NoProgram },
    #[error("the runner's command {program} cannot be started or followed")]
    Start { program: String, source: std::io::Error },
    #[error("the session that holds the lock was lost while the runner's command ran; the command was stopped")]
    LockLost { source: SessionError },
    #[error("{}", headline(*.why, *.code, (.table, .wanted)))]
    Runner {
        tool: Migrator,

        /// The target of the run.
        wanted: String,
        why: Why,
        code: i32,
        said: Vec<String>,
        table: String,
        current: Option<String>,
        pending: Vec<String>,
    },
}

/// The chain of a tool, with its article.
fn chain_of(tool: Migrator) -> String {
    match tool {
        Migrator::Alembic => "the Alembic".to_owned(),
        tool => tool.names(),
    }
}

fn headline(why: Why, code: i32, (table, wanted): (&str, &str)) -> String {
    let ended = if code > 128 { format!("was ended by signal {}", code - 128) } else { format!("ended with {code}") };
    match why {
        Why::FailedAtHead => format!("the runner's command {ended}, though {table} is at {wanted}"),
        Why::NothingRecorded => format!("the runner's command ended with 0, but {table} is not at {wanted}"),
        Why::Failed => format!("the runner's command {ended}"),
        Why::Passing => format!("the runner's command {ended}, for what may pass"),
    }
}

impl Coded for ToolError {
    fn code(&self) -> Code {
        match self {
            Self::NoRunner { .. } | Self::NoWord | Self::NoWayBack | Self::Program { .. } | Self::Start { .. } => {
                Code::NO_RUNNER
            }
            Self::NoTarget { .. } => Code::USAGE,
            Self::LockLost { .. } => Code::CONNECTION_LOST,
            Self::Runner { why, .. } => match why {
                Why::Failed | Why::FailedAtHead => Code::RUNNER_FAILED,
                Why::NothingRecorded => Code::RUNNER_RECORDED_NOTHING,
                Why::Passing => Code::RUNNER_GAVE_UP,
            },
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::NoRunner { pending, .. } => vec![format!("pending: {}", pending.join(" "))],
            Self::Runner { said, current, pending, .. } => {
                let current = format!("the database is at {}", current.as_deref().unwrap_or("base"));
                let pending = (!pending.is_empty()).then(|| format!("pending: {}", pending.join(" ")));
                let said = said.iter().map(|line| format!("| {line}"));
                std::iter::once(current).chain(pending).chain(said).collect()
            }
            Self::NoWord
            | Self::NoWayBack
            | Self::NoTarget { .. }
            | Self::Program { .. }
            | Self::Start { .. }
            | Self::LockLost { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::Program { .. } | Self::Start { .. } => {
                "correct LOCKGATE_RUNNER, or use the image that has the tool; at head the command is not needed"
            }
            Self::NoTarget { .. } => {
                "put {target} in LOCKGATE_RUNNER, as in `alembic upgrade {target}`, or in LOCKGATE_RUNNER_DOWN"
            }
            Self::NoWayBack => "set LOCKGATE_RUNNER_DOWN, as in `alembic downgrade {target}`",
            Self::NoRunner { tool: Migrator::Program(_), .. } => "set LOCKGATE_RUNNER to the tool's own command",
            Self::Runner { tool: Migrator::Program(_), why: Why::NothingRecorded, .. } => {
                "look at which database the command migrates, and at which history it writes; where the command says that nothing is \
                 pending, the list of revisions is of another release than its files: make it anew"
            }
            Self::NoRunner { .. } | Self::NoWord | Self::LockLost { .. } | Self::Runner { .. } => return None,
        };
        Some(next.to_owned())
    }
}
