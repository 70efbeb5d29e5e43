//! The scripts that are to be judged, and the settings of the assessment.

use std::time::Duration;

use crate::catalog::How;
use crate::chain::compiled::Class;
use crate::chain::directive::Requirement;
use crate::config::OnMismatch;
use crate::statement::{Abridged, Statement};

/// A script to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    pub file: &'a str,
    /// The revision that a stamp would have to name to record exactly this script and the pending ones before it.
    pub stamp: Option<&'a str>,
    pub text: &'a str,
    /// Set if the text is not the whole script.
    pub abridged: Option<&'a Abridged>,
    pub statements: &'a [Statement],
    pub requires: &'a [Requirement],
    /// The dependence of its source on the database when it was compiled.
    pub class: Option<Class>,
}

/// The parameters of an assessment.
#[derive(Clone, Copy, Debug)]
pub struct Survey<'a> {
    pub on_mismatch: OnMismatch,
    /// Additional roles whose objects are trusted.
    pub trusted_owners: &'a [String],
    pub how: How,
    /// True if the data may be queried.
    pub asks_data: bool,
    /// True if the query of a `lockgate:unless` is always run.
    pub asks_unless: bool,
    /// The lock_timeout for every read of a definition.
    pub lock_timeout: Duration,
    /// The pending script that the history records as begun: the history shows which of its statements ran, so its data need not
    /// be queried.
    pub recorded: Option<usize>,
    /// True if the evidence for each statement is needed too.
    pub shows_contact: bool,
    /// True if the end is compared with everything that the model states, even if every statement runs as written.
    pub proves_model: bool,
}
