//! The pending revisions with their statements and verdicts: what `execute` carries out.

pub mod adopt;
mod all_or_nothing;
mod dependents;
mod error;
mod first_contact;
mod judge;
mod losses;
mod names;
mod preview;
mod read;
mod roots;
mod rows;
mod segment;
mod skipped;
mod waits;

pub use error::PlanError;
pub use first_contact::{First, Found, differences};
pub use judge::{Judging, check, judge};
pub use losses::{Destructive, Loss, Lost, shortened};
pub use preview::{
    Preview, PreviewedConflict, PreviewedLock, PreviewedMissing, PreviewedRevision, PreviewedSkip, PreviewedStatement,
    PreviewedTool, PreviewedWork, preview,
};
pub use read::{Reading, read, read_together};
pub use rows::{Answer, PreviewedRows};
pub use segment::Segment;
pub use skipped::{again, holds};

use std::collections::BTreeMap;

use crate::assess::{Decision, Proof, Reason, Verdict, skipped};
use crate::chain::compiled::Class;
use crate::chain::{Chain, Revision};
use crate::progress::Note;
use crate::statement::Statement;
use crate::statement::change;

/// One statement and what is done with it.
#[derive(Clone, Debug)]
pub struct Step {
    pub statement: Statement,
    pub verdict: Verdict,
    /// The number of statements of the script before it.
    pub before: usize,
}

impl Step {
    /// The number of statements of the script before its end.
    pub fn end(&self) -> usize {
        self.before + self.statement.count
    }
}

/// Which of a revision's scripts is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down { file: String, text: String },
}

/// A script with its names.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub id: &'a str,
    pub file: &'a str,
    pub text: &'a str,
}

impl Way {
    /// The script of a revision that this is.
    pub fn script<'a>(&'a self, revision: &'a Revision) -> Named<'a> {
        let id = revision.id.as_str();
        match self {
            Self::Up => Named { id, file: &revision.file, text: &revision.text },
            Self::Down { file, text } => Named { id, file, text },
        }
    }
}

/// One revision to be applied, or taken back.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its index in the chain.
    pub at: usize,
    pub way: Way,
    pub steps: Vec<Step>,
    /// All steps, cut into what is committed together.
    pub segments: Vec<Segment>,
    /// Held against the catalog before it is committed.
    pub proof: Proof,
    /// What its file saw of the database when it was compiled; none where nobody says.
    pub class: Option<Class>,
}

impl Planned {
    /// Where it stands, counting from 1.
    pub fn depth(&self) -> usize {
        self.at + 1
    }

    pub fn script<'a>(&'a self, chain: &'a Chain) -> Named<'a> {
        self.way.script(&chain.revisions()[self.at])
    }

    /// The line of the script that sets statement_timeout for a statement, or for those before it.
    pub fn own_timeout(&self, step: usize) -> Option<usize> {
        let setting = self.steps[..=step].iter().rev().find(|step| step.statement.sets_statement_timeout);
        setting.map(|step| step.statement.line)
    }

    /// The number of statements before the end of so many steps.
    pub fn statements_of(&self, steps: usize) -> usize {
        self.steps[..steps].last().map_or(0, Step::end)
    }

    /// The number of its statements.
    pub fn statements(&self) -> usize {
        self.statements_of(self.steps.len())
    }

    /// How many statements got which verdict.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.verdict.word()).or_default() += step.statement.count as u64;
        }
        counts
    }

    /// What was not run as written, with why.
    pub fn notes(&self, chain: &Chain) -> Vec<Note> {
        let noted = self.steps.iter().filter(|step| !step.verdict.reasons().is_empty());
        noted
            .filter(|step| !matches!(step.verdict.decision(), Decision::Apply | Decision::Run))
            .map(|Step { statement, verdict, .. }| Note {
                revision: self.script(chain).id.to_owned(),
                line: statement.line,
                verdict: verdict.word().to_owned(),
                what: change::made(&statement.effect).unwrap_or_else(|| statement.tag.clone()),
                reason: verdict.reason(),
            })
            .collect()
    }

    /// What the history keeps of it: the counts, and the notes.
    pub fn verdicts(&self, chain: &Chain) -> serde_json::Value {
        let notes = self.notes(chain);
        if notes.is_empty() {
            serde_json::json!({ "counts": self.counts() })
        } else {
            serde_json::json!({ "counts": self.counts(), "notes": notes })
        }
    }

    /// The same plan without a statement that rows refuse. What the catalog holds at its end is not promised any more.
    pub fn without(&self, step: usize, reason: Reason) -> Self {
        let mut plan = self.clone();
        plan.steps[step].verdict = skipped(reason);
        plan.proof = Proof::default();
        plan
    }
}
