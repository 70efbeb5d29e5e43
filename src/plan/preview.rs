//! The actions of a run for people and machines: every statement with its verdict and reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::adopt::Drift;
use super::judge::{assess, fill_committed, first_contact, origin, pending, planned};
use super::losses::losses;
use super::rows::{self, Answers, PreviewedRows};
use super::{Destructive, Found, Judging, Loss, Lost, PlanError, Planned, Reading};
use crate::assess::{Action, Assessment, Decision, Finding, Provisional, Reason};
use crate::chain::Chain;
use crate::connect::Session;
use crate::pg::name::QualifiedName;
use crate::progress::Note;
use crate::sql::Named;
use crate::sql::without_secrets;
use crate::statement::impact::{self, Impact};

/// Everything that `lockgate plan` shows.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Preview {
    pub revisions: Vec<PreviewedRevision>,
    /// The number of statements with each verdict.
    pub counts: BTreeMap<&'static str, usize>,
    /// The missing objects, with the statements that need them.
    pub missing: Vec<PreviewedMissing>,
    /// The missing rights of the role, likewise.
    pub rights: Vec<PreviewedMissing>,
    pub conflicts: usize,
    /// The findings, if the history is empty and objects of the chain exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_contact: Option<Found>,
    /// The number of statements that lose existing data without accepting it; 0 if that is allowed.
    pub destructive: usize,
    /// The treatment of these losses by a run.
    #[serde(skip)]
    pub policy: Destructive,
    /// The number of statements that rows refuse, if the rows were queried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_by_rows: Option<usize>,
    /// The transactions for which a run would wait.
    pub warnings: Vec<String>,
    /// The skipped optional statements of applied revisions.
    pub skipped: Vec<PreviewedSkip>,
    /// Differences that were adopted and still exist.
    pub drift: Vec<Drift>,
    /// Revisions of a compiled chain that the tool itself runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_tool: Vec<PreviewedTool>,
    /// The revisions after the first of them, which are judged after it has run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub later: Vec<String>,
    /// True if the command of the tool is set.
    #[serde(skip)]
    pub has_tool: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedTool {
    pub revision: String,
    pub file: String,
    pub description: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedSkip {
    pub revision: String,
    pub line: usize,
    pub what: String,
    /// The reason why it was skipped.
    pub reason: String,
    /// True if another try would apply it.
    pub would_apply: bool,
}

impl PreviewedSkip {
    /// `now` contains the present plans of the skipped statements.
    pub fn of(note: &Note, now: &[Planned], chain: &Chain) -> Self {
        let Note { revision, line, what, reason, .. } = note.clone();
        let is_it = |plan: &&Planned| {
            plan.script(chain).id == revision && plan.steps.iter().any(|step| step.statement.line == line)
        };
        let would_apply = now.iter().find(is_it).is_some_and(super::holds);
        Self { revision, line, what, reason, would_apply }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedRevision {
    pub revision: String,
    pub file: String,
    pub description: String,
    pub statements: Vec<PreviewedStatement>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedStatement {
    pub file: String,
    pub line: usize,
    pub column: usize,
    /// The command tag.
    pub command: String,
    /// The statement in one line, every secret redacted.
    pub statement: String,
    pub verdict: &'static str,
    pub reason: String,
    /// The code of the first deciding reason, if any.
    pub reason_code: Option<&'static str>,
    /// The reasons why the verdict is provisional.
    pub provisional: Vec<String>,
    /// The code of each of these reasons.
    pub provisional_codes: Vec<&'static str>,
    /// True if the verdict's only reason is one of these.
    #[serde(skip)]
    pub is_provisional_alone: bool,
    /// The SQL that is sent instead of the statement as written.
    pub instead: Option<Vec<String>>,
    pub locks: Vec<PreviewedLock>,
    pub work: Vec<PreviewedWork>,
    /// The losses, unless `lockgate:accept destructive` accepts them.
    pub destructive: Vec<String>,
    /// The losses as fields, accepted or not.
    pub loses: Vec<Lost>,
    /// The objects that CASCADE drops.
    pub along: Vec<String>,
    /// The answers about rows, if they were queried.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<PreviewedRows>,
    /// The conflicts, each with its choices.
    pub conflicts: Vec<PreviewedConflict>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedLock {
    pub mode: &'static str,
    pub on: String,
    /// True if the run itself creates it: no other session waits.
    pub new: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedWork {
    /// `scan` or `rewrite`.
    pub kind: &'static str,
    pub on: String,
    pub why: String,
    pub new: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedConflict {
    pub reason: String,
    pub reason_code: Option<&'static str>,
    pub chain: Option<String>,
    pub database: Option<String>,
    pub choices: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PreviewedMissing {
    pub object: String,
    pub why: String,
    /// `FILE:LINE:COLUMN`; only the file if it declares the need.
    pub needed_by: Vec<String>,
    /// The advice.
    pub next: String,
}

impl Preview {
    /// True if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty() && self.by_tool.is_empty()
    }

    pub fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }

    /// True if only rows refuse a run.
    pub fn is_refused_by_rows(&self) -> bool {
        matches!(self.refusal(), Some(PlanError::Rows { .. }))
    }

    /// The failure with which a run would end, without the details that the preview shows.
    pub fn refusal(&self) -> Option<PlanError> {
        if let Some(found) = self.first_contact.as_ref().filter(|found| found.refused) {
            return Some(PlanError::FirstContact(Box::new(found.clone())));
        }
        if !self.by_tool.is_empty() && !self.has_tool {
            let revisions = self.by_tool.iter().map(|one| one.revision.clone()).collect();
            return Some(PlanError::NoRunner { revisions });
        }
        let lines = Vec::new();
        match (self.conflicts, self.missing.len(), self.rights.len()) {
            (0, 0, 0) => match self.policy {
                Destructive::Refuse { first_contact } if self.destructive > 0 => {
                    Some(PlanError::Destructive { statements: self.destructive, first_contact, lines })
                }
                Destructive::Refuse { .. } | Destructive::Warn | Destructive::Allow => {
                    let refused = self.refused_by_rows.filter(|statements| *statements > 0);
                    refused.map(|statements| PlanError::Rows { statements })
                }
            },
            (0, 0, rights) => {
                let mut grants: Vec<String> = self.rights.iter().map(|right| right.next.clone()).collect();
                grants.dedup();
                Some(PlanError::Rights { rights, grants, lines })
            }
            (conflicts, missing, _) => Some(PlanError::Unfit { conflicts, missing, lines }),
        }
    }
}

/// Judges as [`super::judge`] does, without refusing.
///
/// # Errors
/// The catalog could not be read.
pub async fn preview(session: &Session, judging: Judging<'_>, readings: Vec<Reading>) -> Result<Preview, PlanError> {
    let (cuts, mut assessment) = assess(session, judging, &readings).await?;
    let (missing, rights) = missing(judging, &readings, &cuts, &assessment);
    let scripts = pending(judging, &readings, &cuts);
    let first_contact = first_contact(judging, &readings, &scripts, &assessment);
    let findings: Vec<Finding> = std::mem::take(&mut assessment.refusals)
        .into_iter()
        .map(|finding| Finding { statement: finding.statement + cuts[finding.script], ..finding })
        .collect();
    let outlooks: BTreeMap<(usize, usize), Provisional> = std::mem::take(&mut assessment.outlooks)
        .into_iter()
        .map(|((script, statement), provisional)| ((script, statement + cuts[script]), provisional))
        .collect();
    let surroundings = std::mem::take(&mut assessment.surroundings);
    let mut warnings = std::mem::take(&mut assessment.warnings);
    let is_volatile = |call: &Named| {
        let is_it = |name: &&QualifiedName| {
            name.name == call.name && call.schema.as_ref().is_none_or(|schema| *schema == name.schema)
        };
        surroundings.functions.iter().filter(|(name, _)| is_it(name)).any(|(_, all)| all.iter().any(|one| one.volatile))
    };
    fill_committed(&mut assessment, &cuts);
    let plan = planned(judging.chain, session, readings, assessment);
    super::all_or_nothing::refuse_tools(judging.chain, &plan)?;
    super::all_or_nothing::refuse_steps(judging.chain, &plan)?;
    warnings.extend(super::waits::warnings(session, judging.chain, &plan).await);
    let losses = losses(session, (judging.chain, &surroundings), &plan, true).await?;
    let policy = Destructive::policy(judging.on_destructive, first_contact.is_some());
    let destructive = match policy {
        Destructive::Allow => 0,
        Destructive::Warn | Destructive::Refuse { .. } => losses.iter().filter(|loss| loss.counts()).count(),
    };
    let answers = match judging.asks_data {
        true => rows::ask(session, judging, (&plan, &outlooks), &surroundings).await?,
        false => Answers::new(),
    };
    for script in rows::unexpected(&plan, &answers).into_iter().filter(|_| judging.has_tool) {
        let id = plan[script].script(judging.chain).id;
        warnings.push(format!("{id} meets other rows than it was compiled with: the run has the tool itself run it"));
    }
    let mut by_statement: BTreeMap<(usize, usize), Vec<&Finding>> = BTreeMap::new();
    for finding in &findings {
        by_statement.entry((finding.script, finding.statement)).or_default().push(finding);
    }
    let mut shown = Shown {
        chain: judging.chain,
        findings: by_statement,
        outlooks: &outlooks,
        losses: losses.iter().map(|loss| ((loss.script, loss.step), loss)).collect(),
        answers: &answers,
        made: BTreeSet::new(),
    };
    let revisions: Vec<PreviewedRevision> = crate::sql::with_room(|| {
        plan.iter().enumerate().map(|(at, planned)| shown.revision(at, planned, &is_volatile)).collect()
    });
    let mut counts = BTreeMap::new();
    for statement in revisions.iter().flat_map(|revision| &revision.statements) {
        *counts.entry(statement.verdict).or_default() += 1;
    }
    Ok(Preview {
        revisions,
        counts,
        missing,
        rights,
        conflicts: findings.len(),
        first_contact,
        destructive,
        policy,
        refused_by_rows: judging.asks_data.then(|| rows::refused(&plan, &answers, judging.has_tool)),
        warnings,
        skipped: Vec::new(),
        drift: Vec::new(),
        by_tool: Vec::new(),
        later: Vec::new(),
        has_tool: judging.has_tool,
    })
}

fn missing(
    judging: Judging<'_>,
    readings: &[Reading],
    cuts: &[usize],
    assessment: &Assessment,
) -> (Vec<PreviewedMissing>, Vec<PreviewedMissing>) {
    let scripts = pending(judging, readings, cuts);
    let place = |&(script, statement): &(usize, Option<usize>)| match statement {
        Some(statement) => {
            let found = &scripts[script].statements[statement];
            format!("{}:{}:{}", scripts[script].file, found.line, found.column)
        }
        None => scripts[script].file.to_owned(),
    };
    let shown = |object: String, why: String, needed_by: &[(usize, Option<usize>)], next: &str| {
        let needed_by: Vec<String> = needed_by.iter().map(place).collect();
        (!needed_by.is_empty()).then(|| PreviewedMissing { object, why, needed_by, next: next.to_owned() })
    };
    let missing = assessment.missing.iter().filter_map(|lack| {
        let why = origin(&lack.missing).trim_start_matches([',', ':', ' ']).trim_start_matches("and ").to_owned();
        shown(lack.missing.key().to_string(), why, &lack.needed_by, &lack.next)
    });
    let rights = assessment.rights.iter().filter_map(|right| {
        let needed_by: Vec<_> = right.needed_by.iter().map(|&(script, at)| (script, Some(at))).collect();
        shown(right.what.clone(), String::new(), &needed_by, &right.next)
    });
    (missing.collect(), rights.collect())
}

/// The facts of the statements so far.
struct Shown<'a> {
    chain: &'a Chain,
    findings: BTreeMap<(usize, usize), Vec<&'a Finding>>,
    outlooks: &'a BTreeMap<(usize, usize), Provisional>,
    losses: BTreeMap<(usize, usize), &'a Loss>,
    answers: &'a Answers,
    made: BTreeSet<String>,
}

impl Shown<'_> {
    fn revision(
        &mut self,
        script: usize,
        planned: &Planned,
        is_volatile: &(dyn Fn(&Named) -> bool + Sync),
    ) -> PreviewedRevision {
        let revision = &self.chain.revisions()[planned.at];
        let named = planned.script(self.chain);
        let statements = (0..planned.steps.len()).map(|at| {
            let mut provisional = self.outlooks.get(&(script, at)).cloned().unwrap_or_default();
            let rows = self.answers.get(&(script, at)).cloned().unwrap_or_default();
            let conflicts = self.findings.get(&(script, at)).into_iter().flatten();
            let conflicts = conflicts.map(|finding| conflict(finding)).collect();
            let step = &planned.steps[at];
            provisional.provisional.extend(rows::reservations(&step.statement, &rows));
            let impact = match step.verdict.action() {
                Action::Nothing => Impact::default(),
                Action::AsWritten => impact::impact(&named.text[step.statement.range.clone()], is_volatile),
                Action::Instead(sql) => impact::impact(&sql.join(";\n"), is_volatile),
            };
            let loss = self.losses.get(&(script, at)).copied();
            let shown = self.statement(named, (step, loss), provisional, conflicts, impact);
            PreviewedStatement { rows, ..shown }
        });
        PreviewedRevision {
            revision: revision.id.to_string(),
            file: named.file.to_owned(),
            description: revision.description.clone(),
            statements: statements.collect(),
        }
    }

    fn statement(
        &mut self,
        named: super::Named<'_>,
        (step, loss): (&super::Step, Option<&Loss>),
        provisional: Provisional,
        conflicts: Vec<PreviewedConflict>,
        mut impact: Impact,
    ) -> PreviewedStatement {
        let super::Step { statement, verdict, .. } = step;
        // The chain knows the types that earlier statements set; the catalog knows those that were set without the chain.
        let types_before = loss.map_or(&[][..], |loss| &loss.types_before);
        impact.settle_types(&[&provisional.types_before, types_before].concat());
        let loss = loss.filter(|loss| loss.is_loss());
        let is_meant = loss.is_some_and(|loss| loss.is_meant);
        for (mode, on) in loss.iter().flat_map(|loss| &loss.locks) {
            impact.lock_found(*mode, on);
        }
        let locks = impact.locks.iter().map(|lock| PreviewedLock {
            mode: lock.mode.words(),
            on: lock.on.clone(),
            new: self.made.contains(&lock.on),
        });
        let work = impact.work.iter().map(|work| PreviewedWork {
            kind: if work.rewrites { "rewrite" } else { "scan" },
            on: work.on.clone(),
            why: work.why.clone(),
            new: self.made.contains(&work.on),
        });
        let (locks, work) = (locks.collect(), work.collect());
        if verdict.decision() == Decision::Apply {
            self.made.extend(impact.makes.iter().map(impact::shown));
        }
        PreviewedStatement {
            file: named.file.to_owned(),
            line: statement.line,
            column: statement.column,
            command: statement.tag.clone(),
            statement: statement.shown(named.text),
            verdict: verdict.word(),
            reason: verdict.reason(),
            reason_code: verdict.code(),
            is_provisional_alone: matches!(verdict.reasons(), [one] if provisional.provisional.contains(one)),
            provisional: provisional.provisional.iter().map(Reason::to_string).collect(),
            provisional_codes: provisional.provisional.iter().map(Reason::code).collect(),
            instead: match verdict.action() {
                Action::Instead(sql) => Some(sql.iter().map(|sql| without_secrets(sql, statement.secrecy)).collect()),
                Action::AsWritten | Action::Nothing => None,
            },
            locks,
            work,
            destructive: loss.filter(|_| !is_meant).map(Loss::words).unwrap_or_default(),
            loses: loss.map(|loss| loss.lost.clone()).unwrap_or_default(),
            along: loss.map(|loss| loss.along.clone()).unwrap_or_default(),
            rows: Vec::new(),
            conflicts,
        }
    }
}

fn conflict(finding: &Finding) -> PreviewedConflict {
    PreviewedConflict {
        reason: finding.reason.clone(),
        reason_code: finding.code,
        chain: finding.difference.as_ref().map(|difference| difference.wanted.clone()),
        database: finding.difference.as_ref().map(|difference| difference.found.clone()),
        choices: finding.next.clone(),
    }
}
