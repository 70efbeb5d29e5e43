//! Compares the catalog with the chain again after the statements, before the commit.

use super::ambiguous_names::{self, Within};
use super::evidence::{Evidence, Fit, Mismatch};
use super::lookup;
use super::trust::Trust;
use crate::catalog::{self, CatalogError, How, Key, Wanted};
use crate::connect::Session;
use crate::expect::{Expected, State};
use crate::sql::{Secrecy, without_secrets};

/// The expected catalog after a plan; empty if every statement runs as written.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    pub(super) keys: Vec<(Key, Expected)>,
    trust: Trust,
}

impl Proof {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Compares inside the caller's transaction; returns every difference as a line.
    ///
    /// # Errors
    /// The connection broke, or a definition is locked.
    pub async fn differences(&self, session: &Session) -> Result<Vec<String>, CatalogError> {
        let mut wanted = Wanted::default();
        for (key, expected) in &self.keys {
            lookup::add(&mut wanted, key);
            if let Some(definition) = expected.definition() {
                lookup::add_of(&mut wanted, definition);
            }
        }
        let mut evidence = Evidence::new(catalog::load(session, &wanted).await?, self.trust.clone());
        let open: Vec<_> = self.keys.iter().filter_map(|(key, expected)| evidence.open(key, expected)).collect();
        let open = ambiguous_names::settled(session, &mut evidence, open, How::Build, Within::Callers).await?;
        let proofs = if open.is_empty() {
            Vec::new()
        } else {
            catalog::prove(session, &evidence.questions(&open), How::Build).await?
        };
        for (one, proof) in open.iter().zip(proofs) {
            evidence.prove(one, proof);
        }
        let different = |(key, expected): &(Key, Expected)| match evidence.fit(key, expected) {
            Fit::No(mismatch) => Some(line(key, &mismatch)),
            Fit::Yes | Fit::Likely | Fit::Uncompared | Fit::Any => None,
        };
        Ok(self.keys.iter().filter_map(different).collect())
    }
}

fn line(key: &Key, mismatch: &Mismatch) -> String {
    match mismatch {
        Mismatch::Missing => format!("{key} is missing"),
        Mismatch::Unwanted => format!("{key} is there, and a fresh database has none"),
        Mismatch::Different(difference) => {
            let line = format!("{key}: the chain: {}; the database: {}", difference.wanted, difference.found);
            without_secrets(&line, Secrecy::Code)
        }
        Mismatch::Unproved(reason) => format!("{key} cannot be compared: {reason}"),
    }
}

/// The keys of a plan with their values at its end.
pub(super) fn of<'a>(values: impl Iterator<Item = (&'a Key, &'a Expected)>, end: &State, trust: &Trust) -> Proof {
    let known = values.filter(|(key, value)| **value != Expected::Unknown && !end.is_guessed(key));
    Proof { keys: known.map(|(key, value)| (key.clone(), value.clone())).collect(), trust: trust.clone() }
}
