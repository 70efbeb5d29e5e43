//! All that an assessment found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::first_contact::Contact;
use super::needs::report::Lack;
use super::needs::rights::Right;
use super::place::Place;
use super::proof;
use super::provisional::Provisional;
use super::statement::Finding;
use super::verdict::Verdict;
use crate::catalog::Surroundings;

/// The result of an assessment.
#[derive(Debug)]
pub struct Assessment {
    pub place: Place,
    /// A verdict for each statement of each pending script.
    pub verdicts: Vec<Vec<Verdict>>,
    /// The findings that keep the plan from being executed.
    pub refusals: Vec<Finding>,
    pub missing: Vec<Lack>,
    /// The missing rights of the role.
    pub rights: Vec<Right>,
    /// The expected catalog at the end; empty if every statement runs as written.
    pub proof: proof::Proof,
    /// The facts that a plan shows beside the verdicts; empty if the plan is executed.
    pub outlooks: BTreeMap<(usize, usize), Provisional>,
    pub surroundings: Arc<Surroundings>,
    /// Warnings about used objects whose owner is not trusted, and about owners that do not exist.
    pub warnings: Vec<String>,
    /// Only on request, and only if scripts are judged at all.
    pub contact: Option<Contact>,
}
