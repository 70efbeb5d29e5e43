//! What keeps a gate closed before a chain that another tool runs.

use crate::failure::{Code, Coded, counted, is_are};

#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    #[error("{} of the Alembic chain {} pending, and nothing here runs {}", counted(.pending.len(), "revision"), is_are(.pending.len()),
        if .pending.len() == 1 { "it" } else { "them" })]
    NoRunner { pending: Vec<String> },
}

impl Coded for ToolError {
    fn code(&self) -> Code {
        match self {
            Self::NoRunner { .. } => Code::NO_RUNNER,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::NoRunner { pending } => vec![format!("pending: {}", pending.join(" "))],
        }
    }
}
