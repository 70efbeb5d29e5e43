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

/// What was found.
#[derive(Debug)]
pub struct Assessment {
    pub place: Place,
    /// A verdict for each statement of each pending script.
    pub verdicts: Vec<Vec<Verdict>>,
    /// What keeps the plan from being carried out.
    pub refusals: Vec<Finding>,
    pub missing: Vec<Lack>,
    /// Rights that the role lacks.
    pub rights: Vec<Right>,
    /// What the catalog must hold at the end; empty where everything runs as written.
    pub proof: proof::Proof,
    /// What a plan shows beside the verdicts; empty where the plan is carried out.
    pub outlooks: BTreeMap<(usize, usize), Provisional>,
    pub surroundings: Arc<Surroundings>,
    /// What is used although its owner is not trusted, and owners that do not exist.
    pub warnings: Vec<String>,
    /// Only where it was asked for, and scripts are judged at all.
    pub contact: Option<Contact>,
}
