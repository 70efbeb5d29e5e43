//! Compiled revisions that run in one transaction, so an answer other than the recorded one rolls everything back.

use super::{PlanError, Planned, Segment};
use crate::chain::Chain;

/// # Errors
/// The tool itself has to run one of them: the text in its place is not a script.
pub(super) fn refuse_tools(chain: &Chain, plan: &[Planned]) -> Result<(), PlanError> {
    let of_tool = plan.iter().map(|planned| &chain.revisions()[planned.at]).filter(|revision| revision.is_of_tool());
    let revisions: Vec<String> = of_tool.map(|revision| revision.id.to_string()).collect();
    if revisions.is_empty() { Ok(()) } else { Err(PlanError::NoRunner { revisions }) }
}

/// # Errors
/// A step of one of them would be committed separately.
pub(super) fn refuse_steps(chain: &Chain, plan: &[Planned]) -> Result<(), PlanError> {
    let mut lines = Vec::new();
    let mut files = 0;
    for planned in plan {
        let Some(class) = planned.class.filter(|class| class.is_whole()) else { continue };
        let [first, _, ..] = planned.segments.as_slice() else { continue };
        let at = match first {
            Segment::Alone(at) => *at,
            Segment::Together(range) => range.end,
        };
        let (named, statement) = (planned.script(chain), &planned.steps[at].statement);
        files += 1;
        lines.push(format!(
            "{}:{}:{}: {} is a step of its own, and a script with `lockgate:trace {}` is one transaction: have the tool itself run it",
            named.file,
            statement.line,
            statement.column,
            statement.tag,
            class.word()
        ));
    }
    if files > 0 { Err(PlanError::Refused { files, lines }) } else { Ok(()) }
}
