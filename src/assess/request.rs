//! The scripts that are to be judged, and how.

use std::time::Duration;

use crate::catalog::How;
use crate::chain::compiled::Class;
use crate::chain::directive::Requirement;
use crate::config::OnMismatch;
use crate::statement::Statement;

/// A script as it is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Script<'a> {
    pub file: &'a str,
    /// The revision that a stamp would have to name to record this script, and what is pending before it, and nothing else.
    pub stamp: Option<&'a str>,
    pub text: &'a str,
    pub statements: &'a [Statement],
    pub requires: &'a [Requirement],
    /// What its file saw of the database when it was compiled.
    pub class: Option<Class>,
}

/// How an assessment is made.
#[derive(Clone, Copy, Debug)]
pub struct Survey<'a> {
    pub on_mismatch: OnMismatch,
    /// Roles whose objects are trusted, beside those that are so by what they are.
    pub trusted_owners: &'a [String],
    pub how: How,
    /// True where the data may be asked.
    pub asks_data: bool,
    /// True where the question of a `lockgate:unless` is asked, whatever else is.
    pub asks_unless: bool,
    /// For every read of a definition.
    pub lock_timeout: Duration,
    /// The pending script that the history has begun: it tells what of it ran, so its data statements need not be asked.
    pub recorded: Option<usize>,
    /// True where the evidence for each statement is wanted too.
    pub shows_contact: bool,
    /// True where the end is held against all that the model states, also where everything runs as written.
    pub proves_model: bool,
}
