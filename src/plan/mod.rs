//! The pending revisions with their statements and verdicts, for `execute`.

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
mod written;

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
use std::sync::Arc;

use crate::assess::{Decision, Proof, Reason, Verdict, skipped};
use crate::chain::compiled::Class;
use crate::chain::{Chain, Revision, Text, Written};
use crate::progress::Note;
use crate::statement::{Abridged, Statement, change};

/// One statement with its verdict.
#[derive(Clone, Debug)]
pub struct Step {
    pub statement: Statement,
    pub verdict: Verdict,
    /// The number of the script's statements before it.
    pub before: usize,
}

impl Step {
    /// The number of the script's statements up to its end.
    pub fn end(&self) -> usize {
        self.before + self.statement.count
    }
}

/// The script of a revision that is executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down(Box<Back>),
}

/// The way back of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Back {
    file: String,
    text: Text,
}

/// A script with its names.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub id: &'a str,
    pub file: &'a str,
    pub text: &'a str,
    /// Set if the text is not the whole script.
    pub abridged: Option<&'a Abridged>,
    /// The text before values were put in, if there are any.
    pub written: Option<&'a Written>,
}

impl Way {
    pub fn down(file: &str, text: Text) -> Self {
        Self::Down(Box::new(Back { file: file.to_owned(), text }))
    }

    /// The script of a revision for this way.
    pub fn script<'a>(&'a self, revision: &'a Revision) -> Named<'a> {
        self.named(revision, None)
    }

    /// The same with the text that was read of it.
    fn named<'a>(&'a self, revision: &'a Revision, abridged: Option<&'a Abridged>) -> Named<'a> {
        let (file, text) = match self {
            Self::Up => (&revision.file, &revision.text),
            Self::Down(back) => (&back.file, &back.text),
        };
        let written = text.written();
        // The whole text of a large script is not read here.
        let text = abridged.map_or_else(|| &**text, Abridged::text);
        Named { id: revision.id.as_str(), file, text, abridged, written }
    }
}

/// One revision to be applied or rolled back.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its index in the chain.
    pub at: usize,
    pub way: Way,
    /// Set if the whole script was not read.
    abridged: Option<Arc<Abridged>>,
    pub steps: Vec<Step>,
    /// The steps, grouped by transaction.
    pub segments: Vec<Segment>,
    /// The proof against the catalog before the commit.
    pub proof: Proof,
    /// The dependence of its source on the database when it was compiled; none if unknown.
    pub class: Option<Class>,
}

impl Planned {
    /// The position, from 1.
    pub fn depth(&self) -> usize {
        self.at + 1
    }

    pub fn script<'a>(&'a self, chain: &'a Chain) -> Named<'a> {
        self.way.named(&chain.revisions()[self.at], self.abridged.as_deref())
    }

    /// The line of the script that sets statement_timeout for a statement, or for those before it.
    pub fn own_timeout(&self, step: usize) -> Option<usize> {
        let setting = self.steps[..=step].iter().rev().find(|step| step.statement.sets_statement_timeout);
        setting.map(|step| step.statement.line)
    }

    /// The number of statements in the first `steps` steps.
    pub fn statements_of(&self, steps: usize) -> usize {
        self.steps[..steps].last().map_or(0, Step::end)
    }

    /// The number of its statements.
    pub fn statements(&self) -> usize {
        self.statements_of(self.steps.len())
    }

    /// The number of statements with each verdict.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.verdict.word()).or_default() += step.statement.count as u64;
        }
        counts
    }

    /// The statements that were not run as written, with reasons.
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

    /// The verdicts for the history: the counts, and the notes.
    pub fn verdicts(&self, chain: &Chain) -> serde_json::Value {
        let notes = self.notes(chain);
        if notes.is_empty() {
            serde_json::json!({ "counts": self.counts() })
        } else {
            serde_json::json!({ "counts": self.counts(), "notes": notes })
        }
    }

    /// The same plan without a statement that rows refuse. Its final catalog is then not proved.
    pub fn without(&self, step: usize, reason: Reason) -> Self {
        let mut plan = self.clone();
        plan.steps[step].verdict = skipped(reason);
        plan.proof = Proof::default();
        plan
    }
}
