//! Model, place, verdict: what is to be done with each pending statement.
//!
//! The model is the chain's expected state, the place is where the database stands in the pending part, and a verdict follows
//! from both, over all pending revisions at once. What this version knows of the place is what the history says: place 0,
//! where nothing pending is in force and everything runs as written.

use crate::sql::Kind;

/// What is done with one statement. Only [`assess`] makes one, and only a statement with a verdict runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict(Decision);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A definition that the place is before: it runs as written.
    Apply,
    /// What is not a definition: it runs as written, once by the history.
    Run,
}

impl Verdict {
    /// The word in the history, the summary and the label of `lockgate_statements_total`.
    pub fn word(self) -> &'static str {
        match self.0 {
            Decision::Apply => "apply",
            Decision::Run => "run",
        }
    }
}

/// The point in the pending chain at which the catalog stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nothing pending is in force.
    Zero,
}

/// Gives every pending statement its verdict at a place.
pub fn assess(place: Place, kinds: impl Iterator<Item = Kind>) -> Vec<Verdict> {
    match place {
        Place::Zero => kinds.map(|kind| Verdict(at_zero(kind))).collect(),
    }
}

fn at_zero(kind: Kind) -> Decision {
    match kind {
        Kind::Definition => Decision::Apply,
        Kind::Data | Kind::Opaque | Kind::Query | Kind::Session | Kind::Maintenance | Kind::Transaction => {
            Decision::Run
        }
    }
}
