//! The way from a database that differs to its snapshot: statements in order, each with the line of the snapshot that has to hold after
//! it, and what is not done, with the reason.

mod detach;
mod parts;
mod renames;
mod rows;
mod state;
mod steps;
mod strangers;
mod text;

pub use rows::check;
pub use steps::{Plan, Request, plan};
pub use text::{down, text};

use crate::object::Turn;

/// One thing to do, or one that is not done.
#[derive(Clone, Debug)]
pub struct Step {
    /// As a person reads it.
    pub object: String,
    pub why: String,
    /// The place of the chain that made the object, or changed it last.
    pub by: Option<String>,
    /// A line of a snapshot: where it holds, the statements do not run.
    pub state: String,
    pub sql: Vec<String>,
    pub doing: Doing,
    /// What the rows have to allow.
    pub check: Option<Check>,
    /// Objects that it takes away are made again behind it.
    pub accepts: bool,
    /// In a transaction of its own.
    pub alone: bool,
    /// The way in the other reading of what was found, where nobody can tell which is right.
    pub other: Vec<String>,
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
    /// It has its own name again before anything names it.
    Rename,
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
    /// Behind their number, or with `{}` in place of it.
    pub what: String,
    /// In place of the step's statements and of `sql` where no cast leads from one type to the other.
    pub by_text: Option<(Vec<String>, String)>,
}

impl Check {
    fn new(sql: String, what: impl Into<String>) -> Self {
        Self { sql, what: what.into(), by_text: None }
    }

    fn said(&self, count: i64) -> String {
        match self.what.contains("{}") {
            true => self.what.replace("{}", &count.to_string()),
            false => format!("{count} {}", self.what),
        }
    }
}

impl Step {
    pub fn is_done(&self) -> bool {
        !matches!(self.doing, Doing::Not(_))
    }
}
