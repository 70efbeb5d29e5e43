//! What is done with a statement, and why.

use std::fmt;

use super::reason::Reason;
use crate::catalog::Taken;

/// What is done with one statement. Only `assess` makes one, and only a statement with a verdict runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub(super) decision: Decision,
    /// Each part of the statement may have its own.
    pub(super) reasons: Box<[Reason]>,
    /// The first of them that belongs to a part with this decision.
    pub(super) deciding: usize,
    pub(super) action: Action,
    /// Looked at once more when it has run.
    pub(super) taken: Box<[Taken]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// What it wants is there, equal: it is not run.
    Satisfied,
    /// A data statement that need not or cannot run any more.
    Spent,
    /// Its needs are missing, and the script calls it optional.
    Skipped,
    /// No definition: it runs as written, once by the history.
    Run,
    /// A definition that the place is before: it runs as written.
    Apply,
    /// What it wants is there, different: the smallest ALTER brings it there.
    Converge,
    Blocked,
    Conflict,
}

/// What is sent to the server for a statement.
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

    /// True where the run is refused for it.
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

    /// True where it is sent as it is written, and there is nothing to say of it.
    pub fn only_runs(&self) -> bool {
        let is_silent = matches!(&*self.reasons, [] | [Reason::AsIs]) && self.taken.is_empty();
        self.decision == Decision::Run && self.action == Action::AsWritten && is_silent
    }

    /// The reasons of its parts, each once; none where the decision says it all.
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

    /// The objects that the statement takes as it finds them; empty where it does not run.
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

/// The verdict of a statement that PostgreSQL would refuse, and why.
pub fn refused(reason: Reason) -> Verdict {
    Verdict::new(Decision::Conflict, [reason])
}
