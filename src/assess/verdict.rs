//! The treatment of a statement, with its reason.

use std::fmt;

use super::reason::Reason;
use crate::catalog::Taken;

/// The treatment of one statement. Only `assess` creates a verdict, and only a statement with a verdict runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub(super) decision: Decision,
    /// The reasons of the parts of the statement.
    pub(super) reasons: Box<[Reason]>,
    /// The index of the first reason that belongs to a part with this decision.
    pub(super) deciding: usize,
    pub(super) action: Action,
    /// Existing objects that are checked again after it has run.
    pub(super) taken: Box<[Taken]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// Its object exists and is equal: it does not run.
    Satisfied,
    /// A data statement that need not or cannot run any more.
    Spent,
    /// Its needs are missing, and the script marks it as optional.
    Skipped,
    /// Not a definition: it runs as written, once by the history.
    Run,
    /// A definition after the database's place: it runs as written.
    Apply,
    /// Its object exists and differs: the smallest ALTER corrects it.
    Converge,
    Blocked,
    Conflict,
}

/// The SQL that is sent for a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    AsWritten,
    Nothing,
    /// Other statements in its place.
    Instead(Box<[String]>),
}

impl Decision {
    /// The word in the history, the summary, the plan and the label of `lockgate_statements_total`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Spent => "spent",
            Self::Skipped => "skipped",
            Self::Run => "run",
            Self::Apply => "apply",
            Self::Converge => "converge",
            Self::Blocked => "blocked",
            Self::Conflict => "conflict",
        }
    }

    /// True if it refuses the run.
    pub fn refuses(self) -> bool {
        matches!(self, Self::Blocked | Self::Conflict)
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Verdict {
    pub(super) fn new(decision: Decision, reasons: impl Into<Box<[Reason]>>) -> Self {
        let action = match decision {
            Decision::Satisfied | Decision::Spent | Decision::Skipped | Decision::Blocked | Decision::Conflict => {
                Action::Nothing
            }
            Decision::Run | Decision::Apply | Decision::Converge => Action::AsWritten,
        };
        Self { decision, reasons: reasons.into(), deciding: 0, action, taken: Box::default() }
    }

    pub(super) fn instead(decision: Decision, reasons: impl Into<Box<[Reason]>>, sql: Vec<String>) -> Self {
        Self { action: Action::Instead(sql.into()), ..Self::new(decision, reasons) }
    }

    pub fn decision(&self) -> Decision {
        self.decision
    }

    pub fn word(&self) -> &'static str {
        self.decision.word()
    }

    /// True if it is sent as written without a remark.
    pub fn only_runs(&self) -> bool {
        let is_silent = matches!(&*self.reasons, [] | [Reason::AsIs]) && self.taken.is_empty();
        self.decision == Decision::Run && self.action == Action::AsWritten && is_silent
    }

    /// The reasons of its parts, each once; none if the decision needs no reason.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// The code of the first reason that decides.
    pub fn code(&self) -> Option<&'static str> {
        self.reasons.get(self.deciding).map(Reason::code)
    }

    /// The reasons in words.
    pub fn reason(&self) -> String {
        let words: Vec<String> = self.reasons.iter().map(Reason::to_string).collect();
        words.join("; ")
    }

    pub fn action(&self) -> &Action {
        &self.action
    }

    /// The existing objects that the statement uses; empty if it does not run.
    pub fn taken(&self) -> &[Taken] {
        &self.taken
    }
}

/// The verdict of a statement that an earlier run committed, in a segment that the history records.
pub fn committed() -> Verdict {
    Verdict::new(Decision::Satisfied, [Reason::Committed])
}

/// The verdict of an optional statement that rows refuse.
pub fn skipped(reason: Reason) -> Verdict {
    Verdict::new(Decision::Skipped, [reason])
}

/// The verdict of a statement that PostgreSQL would refuse, with the reason.
pub fn refused(reason: Reason) -> Verdict {
    Verdict::new(Decision::Conflict, [reason])
}
