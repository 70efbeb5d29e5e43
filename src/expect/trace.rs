//! The traces that code which is not read would leave in the catalog, and that tell that it ran.

use crate::catalog::Key;

/// One trace of code that defines objects and writes rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// It makes what nothing before it makes.
    Makes(Key),
    /// It may drop or rename what is there before it.
    Removes(Key),
}

impl Trace {
    pub fn key(&self) -> &Key {
        match self {
            Self::Makes(key) | Self::Removes(key) => key,
        }
    }
}
