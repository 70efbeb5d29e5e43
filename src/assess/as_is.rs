//! Scripts that are not judged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::assessment::Assessment;
use super::place::Place;
use super::proof;
use super::reason::Reason;
use super::request::Script;
use super::verdict::{Decision, Verdict};
use crate::chain::directive::StatementDirective;
use crate::statement::Statement;
use crate::statement::change::Effect;

/// True if no statement of a script is to be judged.
pub fn is_as_is(script: &Script<'_>) -> bool {
    let is_as_is = |statement: &Statement| statement.directives.contains(&StatementDirective::RunAsIs);
    script.requires.is_empty() && script.statements.iter().all(is_as_is)
}

pub fn as_is(pending: &[Script<'_>]) -> Assessment {
    let verdict = |statement: &Statement| match statement.effect {
        Effect::Changes(_) => Verdict::new(Decision::Apply, [Reason::AsIs]),
        _ => Verdict::new(Decision::Run, [Reason::AsIs]),
    };
    Assessment {
        place: Place::At(0),
        verdicts: pending.iter().map(|script| script.statements.iter().map(verdict).collect()).collect(),
        refusals: Vec::new(),
        missing: Vec::new(),
        rights: Vec::new(),
        proof: proof::Proof::default(),
        outlooks: BTreeMap::new(),
        surroundings: Arc::default(),
        warnings: Vec::new(),
        contact: None,
    }
}
