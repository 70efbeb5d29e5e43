//! Turns the scripts that were read into a plan: every statement gets its verdict, or all obstacles are reported.

use std::sync::Arc;
use std::time::Duration;

use super::first_contact::{self, First, Found};
use super::read::{read_applied, read_beyond};
use super::{Destructive, Named, PlanError, Planned, Reading, Step, Way, segment};
use crate::assess::{self, Assessment, Decision, Finding, Missing, Proof, Right, Script, Survey, Verdict};
use crate::catalog::How;
use crate::chain::Chain;
use crate::config::{OnDestructive, OnMismatch};
use crate::connect::Session;
use crate::progress::Note;
use crate::statement::change::{Act, Effect};
use crate::statement::{Passes, Statement};

/// The parameters for judging a plan.
#[derive(Clone, Copy, Debug)]
pub struct Judging<'a> {
    pub chain: &'a Chain,
    /// Indexes of the revisions in the history, in the chain's order.
    pub applied: &'a [usize],
    pub on_mismatch: OnMismatch,
    pub on_destructive: OnDestructive,
    pub trusted_owners: &'a [String],
    pub how: How,
    /// True if the data may be queried about statements on it.
    pub asks_data: bool,
    /// True if the query of a `lockgate:unless` is always run.
    pub asks_unless: bool,
    /// The skipped optional statements of applied revisions.
    pub left_out: &'a [Note],
    /// The missing rights of the role for recording the run.
    pub rights: &'a [Right],
    /// Set if the history is empty; `None` also if revisions are rolled back.
    pub first: Option<First<'a>>,
    /// True if the evidence for each statement is needed although the history is not empty.
    pub shows_contact: bool,
    /// The lock_timeout for every read of a definition.
    pub lock_timeout: Duration,
    /// The time limit of one question about rows; zero means no limit.
    pub check_data_timeout: Duration,
    /// The begun revision, by its index in the chain, and the number of its committed segments.
    pub begun: Option<(usize, usize)>,
    /// True if the tool itself can run a compiled revision that meets other rows than when it was compiled.
    pub has_tool: bool,
    /// True if the end of a run is compared with everything that the model states, even if every statement runs as written.
    pub proves_model: bool,
}

/// Judges the readings against the database.
///
/// # Errors
/// All conflicts and missing objects; losses that are refused; or the catalog could not be read.
pub async fn judge(session: &Session, judging: Judging<'_>, readings: Vec<Reading>) -> Result<Vec<Planned>, PlanError> {
    let (cuts, assessment) = assess(session, judging, &readings).await?;
    let found = first_contact(judging, &readings, &pending(judging, &readings, &cuts), &assessment);
    let is_told_apart = judging.begun.is_some() || found.is_some() || !is_alike_for_several(&readings, &assessment);
    if !is_told_apart || !readings.iter().any(Reading::has_several) {
        return settle(session, judging, readings, (cuts, assessment), found).await;
    }
    let wanted = readings.into_iter().map(|reading| (reading.at, reading.way)).collect();
    let readings = super::read(judging.chain, wanted)?;
    let (cuts, assessment) = assess(session, judging, &readings).await?;
    let found = first_contact(judging, &readings, &pending(judging, &readings, &cuts), &assessment);
    settle(session, judging, readings, (cuts, assessment), found).await
}

/// The plan of an assessment, or its obstacles.
async fn settle(
    session: &Session,
    judging: Judging<'_>,
    readings: Vec<Reading>,
    (cuts, mut assessment): (Vec<usize>, Assessment),
    found: Option<Found>,
) -> Result<Vec<Planned>, PlanError> {
    assessment.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let scripts = pending(judging, &readings, &cuts);
    let policy = Destructive::policy(judging.on_destructive, found.is_some());
    if let Some(found) = found {
        if found.refused {
            return Err(PlanError::FirstContact(Box::new(found)));
        }
        let stands = found.lines().join("; ");
        tracing::warn!("the history {} is empty, but the database {}: {stands}", found.history, found.holds());
    }
    refuse(&scripts, &assessment)?;
    fill_committed(&mut assessment, &cuts);
    let surroundings = Arc::clone(&assessment.surroundings);
    let plan = planned(judging.chain, session, readings, assessment);
    super::all_or_nothing::refuse_tools(judging.chain, &plan)?;
    super::all_or_nothing::refuse_steps(judging.chain, &plan)?;
    super::losses::settle(session, (judging.chain, &surroundings), &plan, policy).await?;
    for warning in super::waits::warnings(session, judging.chain, &plan).await {
        tracing::warn!("{warning}");
    }
    Ok(plan)
}

/// True if each statement that was read for several only runs: then each of the several does.
fn is_alike_for_several(readings: &[Reading], assessment: &Assessment) -> bool {
    let stands_for_several = |script: usize, at: usize| readings[script].script.statements[at].count > 1;
    let only_runs = |(script, verdicts): (usize, &Vec<Verdict>)| {
        verdicts.iter().enumerate().all(|(at, verdict)| !stands_for_several(script, at) || verdict.only_runs())
    };
    let is_named = |(script, at): (usize, usize)| stands_for_several(script, at);
    assessment.verdicts.iter().enumerate().all(only_runs)
        && !assessment.rights.iter().any(|right| right.needed_by.iter().copied().any(is_named))
}

/// The findings, if the history is empty and objects of the chain exist.
pub(super) fn first_contact(
    judging: Judging<'_>,
    readings: &[Reading],
    scripts: &[Script<'_>],
    assessment: &Assessment,
) -> Option<Found> {
    first_contact::found(
        judging.first?,
        &first_contact::ids(judging.chain, readings),
        scripts,
        assessment.contact.as_ref()?,
    )
}

/// The assessment of the uncommitted part, and the number of each reading's committed statements.
pub(super) async fn assess(
    session: &Session,
    judging: Judging<'_>,
    readings: &[Reading],
) -> Result<(Vec<usize>, Assessment), PlanError> {
    let Judging { chain, on_mismatch, trusted_owners, how, asks_data, lock_timeout, proves_model, .. } = judging;
    let asks_unless = judging.asks_unless;
    let beyond = read_beyond(chain, &beyond(judging, readings));
    let mut applied = applied(judging, readings.iter().chain(&beyond))?;
    if !judging.left_out.is_empty() {
        for reading in &mut applied {
            let at = reading.at;
            reading.script.statements.retain(|statement| !super::skipped::is_left_out(judging, at, statement.line));
        }
    }
    let cuts: Vec<usize> = readings.iter().map(|reading| committed(session, judging, reading)).collect();
    // The committed part of a begun revision counts as applied.
    let begun = readings.iter().zip(&cuts).map(|(reading, &cut)| part(&script(chain, reading), 0..cut));
    let mut applied: Vec<Script<'_>> = applied.iter().map(|reading| script(chain, reading)).collect();
    applied.extend(begun.filter(|script| !script.statements.is_empty()));
    let pending = pending(judging, readings, &cuts);
    let beyond: Vec<Script<'_>> = beyond.iter().map(|reading| script(chain, reading)).collect();
    let recorded = judging.begun.and_then(|(at, _)| readings.iter().position(|reading| reading.at == at));
    let shows_contact = judging.shows_contact || judging.first.is_some();
    let survey = Survey {
        on_mismatch,
        trusted_owners,
        how,
        asks_data,
        asks_unless,
        lock_timeout,
        recorded,
        shows_contact,
        proves_model,
    };
    let mut assessment = assess::survey(session, &applied, &pending, &beyond, survey).await?;
    assessment.rights.extend_from_slice(judging.rights);
    super::dependents::refuse(session, &pending, &mut assessment).await?;
    Ok((cuts, assessment))
}

/// The applied revisions, as far as their content is needed.
fn applied<'r>(
    judging: Judging<'_>,
    mut readings: impl Iterator<Item = &'r Reading>,
) -> Result<Vec<Reading>, PlanError> {
    let leaves = |reading: &Reading| reading.script.statements.iter().all(|one| one.effect.leaves_comments());
    if judging.proves_model || !readings.all(leaves) {
        return read_applied(judging.chain, judging.applied, Passes::Rows);
    }
    let applied = read_applied(judging.chain, judging.applied, Passes::RowsAndComments)?;
    // Every definition calls its code.
    let has_event_trigger = applied.iter().flat_map(|reading| &reading.script.statements).any(|one| {
        matches!(&one.effect, Effect::Changes(changes) if changes.iter().any(|change| matches!(change.act, Act::CreateEventTrigger { .. })))
    });
    if has_event_trigger { read_applied(judging.chain, judging.applied, Passes::Rows) } else { Ok(applied) }
}

/// The revisions after those that are to be applied, if these end before head.
fn beyond(judging: Judging<'_>, readings: &[Reading]) -> Vec<usize> {
    let is_pending = |reading: &Reading| reading.way == Way::Up && !judging.applied.contains(&reading.at);
    let last = readings.iter().map(|reading| reading.at).max().filter(|_| readings.iter().all(is_pending));
    let after = last.map_or(0..0, |last| last + 1..judging.chain.len());
    after.filter(|at| !judging.applied.contains(at)).collect()
}

/// The scripts without their committed parts.
pub(super) fn pending<'a>(judging: Judging<'a>, readings: &'a [Reading], cuts: &[usize]) -> Vec<Script<'a>> {
    // A stamp would remove later applied revisions.
    let last = judging.applied.iter().max();
    let stamps = |reading: &Reading| reading.way == Way::Up && last.is_none_or(|&last| last < reading.at);
    let rest = |(reading, &cut): (&'a Reading, &usize)| {
        let id = judging.chain.revisions()[reading.at].id.as_str();
        let script = Script { stamp: stamps(reading).then_some(id), ..script(judging.chain, reading) };
        part(&script, cut..script.statements.len())
    };
    readings.iter().zip(cuts).map(rest).collect()
}

/// Gives the committed statements their verdicts.
pub(super) fn fill_committed(assessment: &mut Assessment, cuts: &[usize]) {
    for (verdicts, &cut) in assessment.verdicts.iter_mut().zip(cuts) {
        verdicts.splice(0..0, (0..cut).map(|_| assess::committed()));
    }
}

/// The number of committed statements of a begun revision.
fn committed(session: &Session, judging: Judging<'_>, reading: &Reading) -> usize {
    let Some((_, count)) = judging.begun.filter(|(at, _)| *at == reading.at) else { return 0 };
    let text = reading.named(judging.chain).text;
    let segments = segment::segments(text, &reading.script.statements.iter().collect::<Vec<_>>(), session.server);
    segments[..count.min(segments.len())].last().map_or(0, |segment| segment.range().end)
}

fn part<'a>(script: &Script<'a>, range: std::ops::Range<usize>) -> Script<'a> {
    Script { statements: &script.statements[range], ..*script }
}

pub(super) fn script<'a>(chain: &'a Chain, reading: &'a Reading) -> Script<'a> {
    let Named { file, text, abridged, .. } = reading.named(chain);
    Script {
        file,
        stamp: None,
        text,
        abridged,
        statements: &reading.script.statements,
        requires: &reading.requires,
        class: reading.class,
    }
}

pub(super) fn planned(
    chain: &Chain,
    session: &Session,
    readings: Vec<Reading>,
    assessment: Assessment,
) -> Vec<Planned> {
    let mut plan: Vec<Planned> = readings
        .into_iter()
        .zip(assessment.verdicts)
        .map(|(reading, verdicts)| {
            let statements: Vec<_> = reading.script.statements.iter().collect();
            let segments = segment::segments(reading.named(chain).text, &statements, session.server);
            let Reading { at, way, abridged, script, class, .. } = reading;
            let mut before = 0;
            let step = |(statement, verdict): (Statement, Verdict)| {
                let step = Step { statement, verdict, before };
                before = step.end();
                step
            };
            let steps = script.statements.into_iter().zip(verdicts).map(step).collect();
            Planned { at, way, abridged, steps, segments, proof: Proof::default(), class }
        })
        .collect();
    if let Some(last) = plan.last_mut() {
        last.proof = assessment.proof;
    }
    plan
}

/// Reports all obstacles.
pub(super) fn refuse(pending: &[Script<'_>], assessment: &Assessment) -> Result<(), PlanError> {
    let conflicts: &[Finding] = &assessment.refusals;
    let lines_of = |needed_by: &[(usize, Option<usize>)]| {
        needed_by
            .iter()
            .map(|&(script, statement)| format!("  {}", needed(pending, script, statement)))
            .collect::<Vec<_>>()
    };
    let missing: Vec<_> = assessment
        .missing
        .iter()
        .map(|lack| (lack, lines_of(&lack.needed_by)))
        .filter(|(_, by)| !by.is_empty())
        .collect();
    let of_statements =
        |right: &Right| right.needed_by.iter().map(|&(script, at)| (script, Some(at))).collect::<Vec<_>>();
    let rights: Vec<_> = assessment.rights.iter().map(|right| (right, lines_of(&of_statements(right)))).collect();
    let mut lines = Vec::new();
    for finding in conflicts {
        lines.extend(conflict_lines(pending, finding));
    }
    for (lack, by) in &missing {
        lines.push(format!("{} is missing{}; needed by", lack.missing.key(), origin(&lack.missing)));
        lines.extend(by.iter().cloned());
        lines.push(format!("  next: {}", lack.next));
    }
    for (right, by) in &rights {
        lines.push(format!("{}; needed by", right.what));
        lines.extend(by.iter().cloned());
        if by.is_empty() {
            lines.push("  the history, which records what runs".to_owned());
        }
        if !(conflicts.is_empty() && missing.is_empty()) {
            lines.push(format!("  next: {}", right.next));
        }
    }
    let mut grants: Vec<String> = rights.iter().map(|(right, _)| right.next.clone()).collect();
    grants.dedup();
    match (conflicts.len(), missing.len(), rights.len()) {
        (0, 0, 0) => Ok(()),
        (0, 0, rights) => Err(PlanError::Rights { rights, grants, lines }),
        (conflicts, missing, _) => Err(PlanError::Unfit { conflicts, missing, lines }),
    }
}

/// `FILE:LINE:COLUMN: VERDICT: STATEMENT`, or the file that declares the need.
fn needed(pending: &[Script<'_>], script: usize, statement: Option<usize>) -> String {
    match statement {
        Some(statement) => place(pending, script, statement, Decision::Blocked),
        None => format!("{}: -- lockgate:requires", pending[script].file),
    }
}

pub(super) fn origin(missing: &Missing) -> &'static str {
    match missing {
        Missing::Never(_) => "",
        Missing::Unavailable(_) => ", and the server does not have it",
        Missing::Lost(_) => ", and an applied revision made it",
        Missing::Passed(_) => ": a later statement that is in force removed or renamed it",
    }
}

fn conflict_lines(pending: &[Script<'_>], finding: &Finding) -> Vec<String> {
    let mut lines =
        vec![place(pending, finding.script, finding.statement, finding.decision), format!("  {}", finding.reason)];
    if let Some(difference) = &finding.difference {
        lines.push(format!("  the chain: {}", difference.wanted));
        lines.push(format!("  the database: {}", difference.found));
    }
    if let Some((first, rest)) = finding.next.split_first() {
        lines.push(format!("  choose: {first}"));
        lines.extend(rest.iter().map(|next| format!("      or: {next}")));
    }
    lines
}

/// `FILE:LINE:COLUMN: VERDICT: STATEMENT`.
fn place(pending: &[Script<'_>], script: usize, statement: usize, decision: Decision) -> String {
    let (place, shown) = place_of(pending, script, statement);
    format!("{place}: {decision}: {shown}")
}

/// `FILE:LINE:COLUMN` of a statement, and the statement as it is displayed.
pub(super) fn place_of(pending: &[Script<'_>], script: usize, statement: usize) -> (String, String) {
    let script = &pending[script];
    let statement = &script.statements[statement];
    (format!("{}:{}:{}", script.file, statement.line, statement.column), statement.shown(script.text))
}

/// Checks everything that needs no database: that the scripts can be read.
pub fn check(chain: &Chain) -> Result<(), PlanError> {
    let all = (0..chain.len()).map(|at| (at, super::Way::Up)).collect();
    super::read(chain, all).map(drop)
}
