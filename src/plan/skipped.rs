//! Skipped optional statements, judged again.

use super::{Judging, PlanError, Planned, Reading, Step, Way, judge, read};
use crate::assess::Decision;
use crate::connect::Session;
use crate::progress::Note;

/// The applied revisions with skipped statements, reduced to these statements.
pub fn left_out(judging: Judging<'_>) -> Result<Vec<Reading>, PlanError> {
    let ats: Vec<usize> = judging
        .applied
        .iter()
        .copied()
        .filter(|at| judging.left_out.iter().any(|note| is_of(judging, *at, note)))
        .collect();
    let mut readings = read(judging.chain, ats.into_iter().map(|at| (at, Way::Up)).collect())?;
    for reading in &mut readings {
        let at = reading.at;
        reading.requires.clear();
        reading.script.statements.retain(|statement| is_left_out(judging, at, statement.line));
    }
    Ok(readings)
}

fn is_of(judging: Judging<'_>, at: usize, note: &Note) -> bool {
    judging.chain.revisions()[at].id.as_str() == note.revision
}

/// True if the statement of an applied revision at that line was skipped.
pub(super) fn is_left_out(judging: Judging<'_>, at: usize, line: usize) -> bool {
    judging.left_out.iter().any(|note| note.line == line && is_of(judging, at, note))
}

/// Each of them with its present verdict, in a plan of its own. One that does not fit is skipped again.
///
/// # Errors
/// The catalog could not be read.
pub async fn again(session: &Session, judging: Judging<'_>) -> Result<Vec<Planned>, PlanError> {
    let mut all = Vec::new();
    for reading in left_out(judging)? {
        for statement in &reading.script.statements {
            let script = crate::statement::Script { statements: vec![statement.clone()], notes: Vec::new() };
            let one = Reading { script, requires: Vec::new(), ..Reading::empty(reading.at) };
            match judge(session, judging, vec![one]).await {
                Ok(plan) => all.extend(plan),
                Err(PlanError::Catalog(error)) => return Err(error.into()),
                Err(refused) => tracing::debug!("an optional statement is left out still: {refused}"),
            }
        }
    }
    Ok(all)
}

/// True if the only statement of a plan would no longer be skipped.
pub fn holds(plan: &Planned) -> bool {
    let decided =
        |Step { verdict, .. }: &Step| verdict.decision() != Decision::Skipped && !verdict.decision().refuses();
    plan.steps.iter().all(decided)
}
