//! The pending revisions with their statements and verdicts: what `execute` carries out.

mod segment;

pub use segment::Segment;

use std::collections::BTreeMap;

use crate::assess::{self, Place, Verdict};
use crate::chain::directive::{self, StatementDirective};
use crate::chain::{Chain, Revision};
use crate::failure::{Code, Coded};
use crate::pg::version::ServerVersion;
use crate::sql::{self, Script, ScriptError, Statement};

/// One statement and what is done with it.
#[derive(Debug)]
pub struct Step {
    pub statement: Statement,
    pub verdict: Verdict,
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
#[derive(Debug)]
pub struct Planned {
    /// Its index in the chain.
    pub at: usize,
    pub way: Way,
    pub steps: Vec<Step>,
    /// All steps, cut into what is committed together.
    pub segments: Vec<Segment>,
}

impl Planned {
    /// Where it stands, counting from 1.
    pub fn depth(&self) -> usize {
        self.at + 1
    }

    pub fn script<'a>(&'a self, chain: &'a Chain) -> Named<'a> {
        self.way.script(&chain.revisions()[self.at])
    }

    /// How many statements got which verdict.
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = BTreeMap::new();
        for step in &self.steps {
            *counts.entry(step.verdict.word()).or_default() += 1;
        }
        counts
    }
}

/// What keeps pending scripts from being run. All of it, at once; nothing was run.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{} refused: {}", scripts(.files), counted(.lines.len(), "problem"))]
    Refused { files: usize, lines: Vec<String> },
    #[error("{} what this version does not carry out", needs(.files))]
    NotYet { files: usize, lines: Vec<String> },
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}

fn scripts(files: &usize) -> String {
    if *files == 1 { "a script is".to_owned() } else { format!("{files} scripts are") }
}

fn needs(files: &usize) -> String {
    if *files == 1 { "a pending script needs".to_owned() } else { format!("{files} pending scripts need") }
}

impl Coded for PlanError {
    fn code(&self) -> Code {
        match self {
            Self::Refused { .. } => Code::SCRIPT_REFUSED,
            Self::NotYet { .. } => Code::NOT_YET,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { lines, .. } | Self::NotYet { lines, .. } => lines.clone(),
        }
    }
}

/// Reads the scripts to be carried out as SQL and gives every statement its verdict.
///
/// # Errors
/// Every line that cannot run under a gate, over all of them.
pub fn make(chain: &Chain, wanted: Vec<(usize, Way)>, server: ServerVersion) -> Result<Vec<Planned>, PlanError> {
    sql::with_room(|| read_all(chain, wanted, server))
}

fn read_all(chain: &Chain, wanted: Vec<(usize, Way)>, server: ServerVersion) -> Result<Vec<Planned>, PlanError> {
    let mut refused = Findings::default();
    let mut not_yet = Findings::default();
    let mut plan = Vec::with_capacity(wanted.len());
    for (at, way) in wanted {
        let named = way.script(&chain.revisions()[at]);
        match read(named) {
            Ok((script, requires)) => {
                not_yet.add(missing_features(named.file, &script, requires));
                let (steps, segments) = planned(named.text, script, server);
                plan.push(Planned { at, way, steps, segments });
            }
            Err(lines) => refused.add(lines),
        }
    }
    if refused.files > 0 {
        return Err(PlanError::Refused { files: refused.files, lines: refused.lines });
    }
    if not_yet.files > 0 {
        return Err(PlanError::NotYet { files: not_yet.files, lines: not_yet.lines });
    }
    Ok(plan)
}

#[derive(Default)]
struct Findings {
    files: usize,
    lines: Vec<String>,
}

impl Findings {
    fn add(&mut self, lines: Vec<String>) {
        self.files += usize::from(!lines.is_empty());
        self.lines.extend(lines);
    }
}

fn planned(text: &str, script: Script, server: ServerVersion) -> (Vec<Step>, Vec<Segment>) {
    let segments = segment::segments(text, &script.statements.iter().collect::<Vec<_>>(), server);
    let verdicts = assess::assess(Place::Zero, script.statements.iter().map(|statement| statement.kind));
    let steps =
        script.statements.into_iter().zip(verdicts).map(|(statement, verdict)| Step { statement, verdict }).collect();
    (steps, segments)
}

/// The script, and whether it declares prerequisites.
fn read(named: Named<'_>) -> Result<(Script, bool), Vec<String>> {
    let file = named.file;
    let directives = directive::read(named.text).map_err(|errors| {
        errors.iter().map(|error| format!("{file}:{}: {}", error.line, error.message)).collect::<Vec<_>>()
    })?;
    let requires = !directives.file.requires.is_empty();
    let script = sql::read(named.text, &directives)
        .map_err(|errors| errors.iter().map(|error| refusal(file, error)).collect::<Vec<_>>())?;
    for note in &script.notes {
        tracing::debug!(file, "{note}");
    }
    Ok((script, requires))
}

/// `FILE:LINE:COLUMN: message; hint`, as a failed statement has it: a place that editors and terminals open.
fn refusal(file: &str, error: &ScriptError) -> String {
    let ScriptError { line, column, message, hint } = error;
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    format!("{file}:{line}:{column}: {message}{hint}")
}

/// What is read and understood, and not carried out yet.
fn missing_features(file: &str, script: &Script, requires: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if requires {
        lines.push(format!("{file}: lockgate:requires is not carried out by this version"));
    }
    for statement in &script.statements {
        let line = statement.line;
        for directive in &statement.directives {
            let name = match directive {
                StatementDirective::Optional => "optional",
                StatementDirective::Check { .. } => "check",
                StatementDirective::Unless { .. } => "unless",
                StatementDirective::RunAsIs | StatementDirective::AcceptDestructive => continue,
            };
            lines.push(format!("{file}:{line}: lockgate:{name} is not carried out by this version"));
        }
    }
    lines
}
