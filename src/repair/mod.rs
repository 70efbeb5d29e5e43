//! The way from a database that differs to its snapshot: statements in order, each with the line of the snapshot that has to hold after
//! it, and what is not done, with the reason.

mod detach;
mod rows;
mod steps;
mod text;

pub use rows::check;
pub use steps::{Plan, plan};
pub use text::{down, text};

use crate::object::Turn;

/// One thing to do, or one that is not done.
#[derive(Clone, Debug)]
pub struct Step {
    /// As a person reads it.
    pub object: String,
    pub why: String,
    /// A line of a snapshot: where it holds, the statements do not run.
    pub state: String,
    pub sql: Vec<String>,
    pub doing: Doing,
    /// What the rows have to allow.
    pub check: Option<Check>,
    stage: Stage,
    turn: Turn,
    /// What it makes.
    makes: Option<String>,
    needs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    Done,
    /// It loses what is there, and was asked for.
    Accepted,
    /// A person has to; the statements are written as a comment.
    Not(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// What stands in the way goes, to come back.
    Detach,
    Make,
    /// Outside a transaction, behind all that is in one.
    Concurrent,
    Strangers,
}

/// Rows that a statement would change, or that would refuse it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// How many are in the way.
    pub sql: String,
    /// Behind their number.
    pub what: String,
}

impl Step {
    pub fn is_done(&self) -> bool {
        !matches!(self.doing, Doing::Not(_))
    }
}
