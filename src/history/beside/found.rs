//! A tool's history as found, compared with ours.

use std::collections::HashMap;

use super::applied::{Applied, is_number};
use super::error::BesideError;
use super::table::Table;
use crate::alembic::StandingError;
use crate::chain::checksum;
use crate::chain::compiled::UNREAD;
use crate::chain::revision::by_number;
use crate::chain::status::{Origin, Recorded};
use crate::chain::{Chain, Revision};
use crate::config::Migrator;
use crate::pg::name::{QualifiedName, quote_ident};

/// invalid_text_representation: the message is the text that is not a number.
pub const MOVED_SQLSTATE: &str = "22P02";

/// A tool's history as found.
#[derive(Clone)]
pub struct Beside {
    pub tool: Migrator,
    pub(super) its: &'static dyn Table,
    pub table: QualifiedName,
    pub(super) is_there: bool,
    pub(super) is_named: bool,
    pub(super) schema_is_there: bool,
    /// The longest id that it accepts, in characters; none if it has no limit.
    pub(super) width: Option<usize>,
    pub(super) applied: Applied,
}

impl Beside {
    /// True if the tool's history contains no applied revision.
    pub fn is_empty(&self) -> bool {
        self.applied.known.is_empty() && self.applied.unknown.is_empty()
    }

    /// Its significant rows.
    pub fn rows(&self, chain: &Chain) -> Vec<String> {
        let known = chain.maximal(&self.applied.known).into_iter().map(|at| chain.revisions()[at].id.to_string());
        known.chain(self.applied.unknown.iter().map(|(id, _)| id.clone())).collect()
    }

    /// True if the tool's table exists.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// The revisions that the tool applied, as indexes in the chain, and its versions that the chain lacks.
    pub fn applied(&self) -> (&[usize], Vec<&str>) {
        (&self.applied.known, self.applied.unknown.iter().map(|(version, _)| version.as_str()).collect())
    }

    /// The ids of the revisions that the tool applied, in the chain's order.
    pub fn ids(&self, chain: &Chain) -> Vec<String> {
        let known = self.applied.known.iter().map(|&at| chain.revisions()[at].id.to_string());
        known.chain(self.applied.unknown.iter().map(|(id, _)| id.clone())).collect()
    }

    /// The rows of our history, with the tool's inserted at their depths.
    ///
    /// # Errors
    /// Ours has revisions that the tool's lacks although it has others, or ours has none of this chain's.
    pub fn merged(&self, chain: &Chain, ours: &[Recorded]) -> Result<Vec<Recorded>, BesideError> {
        let lacking = self.lacking(chain, ours);
        let gone = self.gone(chain, ours);
        if !lacking.is_empty() && gone.is_empty() && !self.is_empty() {
            let ids = lacking.iter().map(|&at| chain.revisions()[at].id.to_string()).collect();
            return Err(BesideError::Lacks { tool: self.tool, table: self.table.clone(), ids });
        }
        let is_ours = |row: &Recorded| chain.depth(&row.id).is_some();
        if self.its.is_authority()
            && self.applied.known.is_empty()
            && !self.applied.unknown.is_empty()
            && !(self.is_named || ours.iter().any(is_ours))
        {
            let rows = self.applied.unknown.iter().map(|(id, _)| id.clone()).collect();
            return Err(BesideError::Foreign { tool: self.tool, table: self.table.clone(), rows });
        }
        let mut rows = ours.to_vec();
        rows.retain(|row| !gone.contains(&row.id));
        // A revision that the tool ran itself may have a script by now.
        for row in rows.iter_mut().filter(|row| checksum::is_of(&row.checksum, UNREAD)) {
            if let Some(depth) = chain.depth(&row.id) {
                row.checksum = chain.revisions()[depth - 1].checksum();
            }
        }
        let row = |id: &str, depth: usize, checksum: String, description: &str| Recorded {
            id: id.to_owned(),
            depth: i64::try_from(depth).unwrap_or(i64::MAX),
            checksum,
            begun: None,
            origin: Origin {
                description: description.to_owned(),
                kind: "applied".to_owned(),
                applied_by: self.tool.name().to_owned(),
                application: self.table.to_string(),
                ..Origin::default()
            },
        };
        let all: Vec<usize> = (0..chain.len()).collect();
        let is_ahead = self.applied.is_least && self.applied.unknown.iter().all(|(_, is_behind)| *is_behind);
        for &at in if is_ahead { &all } else { &self.applied.known } {
            let revision = &chain.revisions()[at];
            if !rows.iter().any(|row| row.id == revision.id.as_str() && holds(revision, row)) {
                rows.retain(|row| row.id != revision.id.as_str());
                rows.push(row(revision.id.as_str(), at + 1, revision.checksum(), &revision.description));
            }
        }
        let deepest = rows.iter().map(|row| row.depth).max().unwrap_or(0);
        let deepest = usize::try_from(deepest).unwrap_or(0).max(chain.len());
        for (count, (id, is_behind)) in self.applied.unknown.iter().enumerate() {
            if !rows.iter().any(|row| row.id == *id || (is_number(id) && by_number(&row.id) == by_number(id))) {
                rows.push(row(id, if *is_behind { deepest + 1 + count } else { 0 }, String::new(), ""));
            }
        }
        rows.sort_by_key(|row| row.depth);
        Ok(rows)
    }

    /// The revisions that ours has and the tool's lacks. A changed repeatable script is applied again by either.
    fn lacking(&self, chain: &Chain, ours: &[Recorded]) -> Vec<usize> {
        if self.applied.is_least {
            return Vec::new();
        }
        let done: HashMap<&str, &Recorded> =
            ours.iter().filter(|row| row.is_done()).map(|row| (row.id.as_str(), row)).collect();
        let is_lacking = |&at: &usize| {
            let revision = &chain.revisions()[at];
            done.contains_key(revision.id.as_str()) && !self.applied.known.contains(&at) && !revision.manner.repeats
        };
        (0..chain.len()).filter(is_lacking).collect()
    }

    /// True if the tool's history decides, and ours only follows it.
    pub fn is_authority(&self) -> bool {
        self.its.is_authority()
    }

    /// The ids of revisions that ours has and the tool has downgraded.
    pub fn gone(&self, chain: &Chain, ours: &[Recorded]) -> Vec<String> {
        if !(self.is_there && self.its.is_authority()) {
            return Vec::new();
        }
        self.lacking(chain, ours).into_iter().map(|at| chain.revisions()[at].id.to_string()).collect()
    }

    /// Checks that the ids of the pending revisions fit.
    ///
    /// # Errors
    /// An id does not fit.
    pub fn takes(&self, chain: &Chain, pending: &[usize]) -> Result<(), StandingError> {
        let Some(width) = self.width else { return Ok(()) };
        let ids = pending.iter().map(|&at| chain.revisions()[at].id.as_str());
        let ids: Vec<String> = ids.filter(|id| id.chars().count() > width).map(str::to_owned).collect();
        if ids.is_empty() {
            return Ok(());
        }
        Err(StandingError::TooLong { table: self.table.to_string(), width, ids, is_there: true })
    }

    /// The revisions that the tool has and ours lacks, as depths from 1.
    pub fn to_record(&self, chain: &Chain, ours: &[Recorded]) -> Vec<usize> {
        let is_ours = |at: usize| {
            let revision = &chain.revisions()[at];
            ours.iter().any(|row| row.id == revision.id.as_str() && holds(revision, row))
        };
        self.applied.known.iter().filter(|&&at| !is_ours(at)).map(|at| at + 1).collect()
    }

    /// The SQL that creates a missing history of the tool from ours, and that deletes redundant rows.
    pub fn making(&self, chain: &Chain, ours: &[Recorded]) -> Option<String> {
        let lacking = if self.is_there && self.its.is_authority() { Vec::new() } else { self.lacking(chain, ours) };
        if self.is_there && lacking.is_empty() && self.applied.spare.is_empty() {
            return None;
        }
        let (table, mut parts) = (self.table.quoted(), Vec::new());
        if !self.schema_is_there {
            parts.push(format!("CREATE SCHEMA IF NOT EXISTS {}", quote_ident(&self.table.schema)));
        }
        if !self.is_there {
            parts.push(self.its.made(&self.table, chain));
        }
        match self.its.change(&table, chain, &[], &lacking) {
            Some(filled) => parts.extend(Some(filled).filter(|sql| !sql.is_empty())),
            None => parts.extend(lacking.iter().map(|&at| self.its.record(&table, &chain.revisions()[at]))),
        }
        parts.extend(self.applied.spare.iter().map(|&at| self.its.forget(&table, chain, at)));
        Some(parts.join("; "))
    }

    /// Records a revision as the tool would, after the applied ones; in the revision's own transaction.
    pub fn record(&self, chain: &Chain, at: usize, before: &[usize]) -> String {
        let table = self.table.quoted();
        let after: Vec<usize> = before.iter().copied().chain([at]).collect();
        let record = || self.its.record(&table, &chain.revisions()[at]);
        self.its.change(&table, chain, before, &after).unwrap_or_else(record)
    }

    /// Removes a downgraded revision, by its index in the chain, from the applied ones.
    pub fn forget(&self, chain: &Chain, at: usize, before: &[usize]) -> String {
        let table = self.table.quoted();
        let after: Vec<usize> = before.iter().copied().filter(|other| *other != at).collect();
        let forget = || self.its.forget(&table, chain, at);
        self.its.change(&table, chain, before, &after).unwrap_or_else(forget)
    }

    /// Fails with [`MOVED_SQLSTATE`] unless the tool's history is in the state after these revisions, and locks it until the
    /// transaction ends. None if the tool's own lock or its rows already ensure that.
    pub fn guard(&self, chain: &Chain, applied: &[usize]) -> Option<String> {
        self.its.guard(&self.table.quoted(), chain, applied)
    }

    /// The keys of the advisory locks that the tool uses in this database.
    pub fn locks(&self, database: &str) -> Vec<i64> {
        self.its.locks(&self.table, database)
    }
}

/// True if our row is up to date: a repeatable script may have run again.
fn holds(revision: &Revision, row: &Recorded) -> bool {
    row.is_done() && (!revision.manner.repeats || revision.has_checksum(&row.checksum))
}
