//! What the history says about the chain: at head, ahead, pending, or wrong. One pure function over both.

use std::collections::{HashMap, HashSet};

use super::{Chain, Id};
use crate::failure::{Code, Coded};

/// One row of the history, as far as the chain is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: String,
    pub depth: i64,
    pub checksum: String,
    /// How far a revision is of which only some segments are done.
    pub begun: Option<Begun>,
}

/// How far a revision is that runs in segments.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    /// How many segments are committed.
    pub segments: usize,
    /// Whether the next one, which runs outside a transaction, was started; nobody knows yet whether it ran.
    pub started: bool,
    /// The checksum of the script up to the end of what is committed or started.
    pub prefix: String,
    /// Whether it is being taken back.
    #[serde(default)]
    pub down: bool,
    /// The indexes that the table had before a CREATE INDEX CONCURRENTLY without a name was started, by oid.
    #[serde(default)]
    pub indexes_before: Vec<u32>,
    /// The checksum of the script up to the end of what is committed, where more than that is started. An earlier version did not
    /// record it.
    #[serde(default)]
    pub committed: Option<String>,
    /// How the catalog shows whether the started statement ran: for a script in which it is not found any more.
    #[serde(default)]
    pub trace: Option<serde_json::Value>,
}

impl Recorded {
    pub fn is_done(&self) -> bool {
        self.begun.is_none()
    }
}

/// The newest revision that is wholly applied: one that is half done is not current.
pub fn current(rows: &[Recorded]) -> Option<&Recorded> {
    rows.iter().rev().find(|row| row.is_done())
}

/// How many revisions are wholly applied.
pub fn applied(rows: &[Recorded]) -> usize {
    rows.iter().filter(|row| row.is_done()).count()
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    AtHead,
    /// The chain is wholly applied, and this many revisions that it does not know come after it.
    Ahead(usize),
    /// Indexes into the chain, in order. `late` are those of them that stand before an applied one.
    Pending {
        pending: Vec<usize>,
        late: Vec<usize>,
    },
}

/// Why the history and the chain do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    #[error("the history knows none of this chain's revisions: it is another service's")]
    Foreign { recorded: Vec<String>, first: Id },
    #[error("{}", changed_words(.files))]
    Changed { files: Vec<String> },
    #[error("the history has {} that this chain does not have", count(.ids, "revision"))]
    Gap { ids: Vec<String>, head: Id },
}

fn count(list: &[String], what: &str) -> String {
    if list.len() == 1 { format!("a {what}") } else { format!("{} {what}s", list.len()) }
}

fn changed_words(files: &[String]) -> String {
    if files.len() == 1 {
        "an applied revision was changed".to_owned()
    } else {
        format!("{} applied revisions were changed", files.len())
    }
}

impl Coded for StandingError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign { .. } => Code::FOREIGN_HISTORY,
            Self::Changed { .. } => Code::CHANGED,
            Self::Gap { .. } => Code::GAP,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Foreign { recorded, first } => {
                vec![format!("recorded: {}", few(recorded)), format!("this chain begins with {first}")]
            }
            Self::Changed { files } => files.iter().map(|file| format!("{file}: not as it was applied")).collect(),
            Self::Gap { ids, head } => {
                vec![format!("recorded, but not in the chain up to {head}: {}", few(ids))]
            }
        }
    }
}

/// At most five of a list, and how many more.
fn few(list: &[String]) -> String {
    let shown = list.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if list.len() > 5 { format!("{shown} and {} more", list.len() - 5) } else { shown }
}

/// Holds the rows of the history against the chain.
///
/// # Errors
/// Another service's history, changed revisions, or revisions that are not in the chain and not after its head.
pub fn standing(chain: &Chain, rows: &[Recorded]) -> Result<Standing, StandingError> {
    let by_id: HashMap<&str, &Recorded> = rows.iter().map(|row| (row.id.as_str(), row)).collect();
    let recorded: Vec<Option<&Recorded>> =
        chain.revisions().iter().map(|revision| by_id.get(revision.id.as_str()).copied()).collect();
    if !rows.is_empty() && recorded.iter().all(Option::is_none) {
        let recorded = rows.iter().map(|row| row.id.clone()).collect();
        return Err(StandingError::Foreign { recorded, first: chain.revisions()[0].id.clone() });
    }
    let changed: Vec<String> = chain
        .revisions()
        .iter()
        .zip(&recorded)
        .filter(|(revision, row)| row.is_some_and(|row| row.is_done() && row.checksum != revision.checksum()))
        .map(|(revision, _)| revision.file.clone())
        .collect();
    if !changed.is_empty() {
        return Err(StandingError::Changed { files: changed });
    }
    let unknown = unknown(chain, rows, recorded.last().copied().flatten());
    if let Unknown::Gap(ids) = unknown {
        return Err(StandingError::Gap { ids, head: chain.head().id.clone() });
    }
    let done = |at: &usize| recorded[*at].is_some_and(Recorded::is_done);
    let pending: Vec<usize> = (0..chain.len()).filter(|at| !done(at)).collect();
    let newest = (0..chain.len()).rev().find(done);
    let late = pending.iter().copied().filter(|&at| newest.is_some_and(|newest| at < newest)).collect();
    Ok(match (pending.is_empty(), unknown) {
        (true, Unknown::After(0)) => Standing::AtHead,
        (true, Unknown::After(count)) => Standing::Ahead(count),
        _ => Standing::Pending { pending, late },
    })
}

enum Unknown {
    After(usize),
    Gap(Vec<String>),
}

/// Revisions that the chain does not know: after its head they are ahead, anywhere else they are a gap.
fn unknown(chain: &Chain, rows: &[Recorded], head: Option<&Recorded>) -> Unknown {
    let ours: HashSet<&str> = chain.revisions().iter().map(|revision| revision.id.as_str()).collect();
    let unknown: Vec<&Recorded> = rows.iter().filter(|row| !ours.contains(row.id.as_str())).collect();
    match head {
        Some(head) if unknown.iter().all(|row| row.depth > head.depth) => Unknown::After(unknown.len()),
        _ if unknown.is_empty() => Unknown::After(0),
        _ => Unknown::Gap(unknown.iter().map(|row| row.id.clone()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Revision, order};
    use super::*;

    fn chain(ids: &[&str]) -> Chain {
        let revision = |id: &&str| Revision {
            id: Id::new(*id),
            description: String::new(),
            file: format!("{id}_x.sql"),
            text: format!("SELECT {id}"),
            bytes: String::new(),
            after: None,
            down: None,
        };
        order(ids.iter().map(revision).collect()).unwrap()
    }

    fn rows(ids: &[(&str, i64)]) -> Vec<Recorded> {
        let checksum = |id: &str| crate::chain::checksum::checksum(&format!("SELECT {id}"));
        let row = |(id, depth): &(&str, i64)| Recorded {
            id: (*id).to_owned(),
            depth: *depth,
            checksum: checksum(id),
            begun: None,
        };
        ids.iter().map(row).collect()
    }

    #[test]
    fn an_empty_history_leaves_all_pending() {
        let standing = standing(&chain(&["1", "2"]), &[]).unwrap();
        assert_eq!(standing, Standing::Pending { pending: vec![0, 1], late: vec![] });
    }

    #[test]
    fn the_whole_chain_recorded_is_head_and_more_after_it_is_ahead() {
        let chain = chain(&["1", "2"]);
        assert_eq!(standing(&chain, &rows(&[("1", 1), ("2", 2)])), Ok(Standing::AtHead));
        assert_eq!(standing(&chain, &rows(&[("1", 1), ("2", 2), ("3", 3)])), Ok(Standing::Ahead(1)));
    }

    #[test]
    fn an_unknown_revision_before_head_is_a_gap() {
        let result = standing(&chain(&["1", "3"]), &rows(&[("1", 1), ("2", 2)]));
        assert!(matches!(result, Err(StandingError::Gap { .. })));
    }

    #[test]
    fn a_pending_revision_before_an_applied_one_is_late() {
        let result = standing(&chain(&["1", "2", "3"]), &rows(&[("1", 1), ("3", 2)]));
        assert_eq!(result, Ok(Standing::Pending { pending: vec![1], late: vec![1] }));
    }

    #[test]
    fn a_history_that_knows_none_of_ours_is_another_services() {
        assert!(matches!(standing(&chain(&["1"]), &rows(&[("x", 1)])), Err(StandingError::Foreign { .. })));
    }

    #[test]
    fn another_checksum_is_a_changed_revision() {
        let mut rows = rows(&[("1", 1)]);
        rows[0].checksum = "1:00".to_owned();
        assert!(matches!(standing(&chain(&["1"]), &rows), Err(StandingError::Changed { .. })));
    }
}
