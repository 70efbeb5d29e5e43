//! The traces that unread code would leave in the catalog, as evidence that it ran.

use crate::catalog::Key;

/// One trace of code that defines objects and writes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It creates an object that nothing before it creates.
    Makes(Key),
    /// It may drop or rename an object that exists before it.
    Removes(Key),
}

impl Trace {
    pub fn key(&self) -> &Key {
        match self {
            Self::Makes(key) | Self::Removes(key) => key,
        }
    }
}
