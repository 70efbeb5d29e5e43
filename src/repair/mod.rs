//! The repair of a database that differs from its snapshot: statements in order, each with the snapshot line that has to hold
//! after it, and the steps that are left undone, with their reasons.

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

use crate::object::{Kind, Turn};

/// One step, done or left undone.
#[derive(Clone, Debug)]
pub struct Step {
    pub kind: &'static Kind,
    /// The object in readable form.
    pub object: String,
    pub why: String,
    /// The place in the chain that created the object, or changed it last.
    pub by: Option<String>,
    /// A line of a snapshot; if it holds, the statements do not run.
    pub state: String,
    pub sql: Vec<String>,
    pub doing: Doing,
    /// The rows that would prevent the step.
    pub check: Option<Check>,
    /// True if objects that it drops are created again later.
    pub accepts: bool,
    /// True if it runs in a transaction of its own.
    pub alone: bool,
    /// The statements for the other interpretation of the difference, if it is ambiguous.
    pub other: Vec<String>,
    stage: Stage,
    turn: Turn,
    /// The object that it creates.
    makes: Option<String>,
    needs: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    Done,
    /// It loses existing data, as requested.
    Accepted,
    /// It is left to the user; the statements are written as a comment.
    Not(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Dependents are dropped, to be created again.
    Detach,
    /// An object gets its own name back before others refer to it.
    Rename,
    Make,
    /// Outside a transaction, after all transactional steps.
    Concurrent,
    Strangers,
}

/// Rows that a statement would change, or that would make it fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The query for their number.
    pub sql: String,
    /// The words after their number, or with `{}` in place of it.
    pub what: String,
    /// The replacement of the step's statements and of `sql` if no cast leads from one type to the other.
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
