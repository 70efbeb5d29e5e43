//! A snapshot and a database, held against each other.

use crate::object::{Difference, Fact};

/// Facts that the other side lacks, or for which it has other properties.
#[derive(Clone, Debug, Default)]
pub struct Apart {
    pub missing: Vec<Fact>,
    pub unexpected: Vec<Fact>,
    pub differing: Vec<(Fact, Fact, Vec<Difference>)>,
    /// Missing objects that exist under another name with the same definition.
    pub renamed: Vec<Renamed>,
}

/// A missing object, and an unexpected one with its definition.
#[derive(Clone, Debug)]
pub struct Renamed {
    pub wanted: Fact,
    pub found: Fact,
    /// Facts that contain the new name where the snapshot has the old one, and are otherwise equal.
    pub witnesses: Vec<Fact>,
}
