//! Revisions that the tool itself has to run, by its own command.

use std::pin::Pin;

use crate::failure::Failure;
use crate::lock::Held;

/// An answer that is waited for.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A revision, as the tool knows it.
#[derive(Clone, Copy, Debug)]
pub struct Revision<'a> {
    pub id: &'a str,
    pub file: &'a str,
}

/// What the tool's history says.
#[derive(Clone, Debug)]
pub struct Stage {
    pub table: String,
    pub rows: Vec<String>,
    /// The revision that is to be applied is.
    pub is_applied: bool,
}

/// The way to have the tool run a revision.
pub trait Outside: Send + Sync {
    /// Has the tool apply one revision under the lock; `look` tells what its history says of it.
    fn apply<'a>(
        &'a self,
        held: &'a Held,
        revision: Revision<'a>,
        look: &'a dyn Fn() -> Soon<'a, Result<Stage, Failure>>,
    ) -> Soon<'a, Result<(), Failure>>;
}
