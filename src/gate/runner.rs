//! Revisions that the tool itself runs, with its own command.

use std::pin::Pin;

use crate::failure::Failure;
use crate::lock::Held;

/// A future answer.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A revision with the tool's names.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    pub id: &'a str,
    pub file: &'a str,
}

/// The state of the tool's history.
#[derive(Clone, Debug)]
pub struct Stage {
    pub table: String,
    pub rows: Vec<String>,
    /// True if the requested revision is applied.
    pub is_applied: bool,
}

/// Runs revisions with the tool.
pub trait Outside: Send + Sync {
    /// Lets the tool apply one revision under the lock; `look` reads its history.
    fn apply<'a>(
        &'a self,
        held: &'a Held,
        revision: Revision<'a>,
        look: &'a dyn Fn() -> Soon<'a, Result<Stage, Failure>>,
    ) -> Soon<'a, Result<(), Failure>>;
}
