//! Reasons why a run ends early without an error of its own.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The session is gone, or the server accepts no writes any more.
    Lost(String),
    /// The database changed between the inspection and the run: another inspection shows its present state.
    Outrun(String),
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Lost(because) | Self::Outrun(because)) = self;
        f.write_str(because)
    }
}

impl From<String> for Interruption {
    fn from(because: String) -> Self {
        Self::Lost(because)
    }
}
