//! The version table held against the graph. Pure.

use super::graph::Graph;
use crate::failure::{Code, Coded, counted};
use crate::progress::Seen;

/// The place of a version table's rows in a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// True for each revision of the graph that a row names, or stands behind.
    pub applied: Vec<bool>,
    /// Rows that the graph knows.
    pub known: Vec<usize>,
    /// Rows that it does not know, sorted.
    pub unknown: Vec<String>,
}

/// The work that is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionStatus {
    AtHead,
    /// All that is wanted is applied as far as anybody can tell, beside revisions that the graph does not know.
    Ahead(Vec<String>),
    /// Indexes into the graph, in order.
    Pending(Vec<usize>),
}

/// Why the table and the graph do not belong together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    #[error("{table} knows none of this chain's revisions")]
    Foreign { table: String, rows: Vec<String> },
    #[error("{table} has {} that this chain does not know, and of this chain {} not applied", counted(.unknown.len(), "revision"),
        counted(.pending.len(), "revision"))]
    Gap { table: String, unknown: Vec<String>, pending: Vec<String> },
    #[error("{} of pending revisions {} too long for {table}: version_num takes {width} characters", counted(.ids.len(), "id"),
        if .ids.len() == 1 { "is" } else { "are" })]
    TooLong { table: String, width: usize, ids: Vec<String>, is_there: bool },
}

impl Coded for StandingError {
    fn code(&self) -> Code {
        match self {
            Self::Foreign { .. } => Code::FOREIGN_HISTORY,
            Self::Gap { .. } => Code::GAP,
            Self::TooLong { .. } => Code::ID_TOO_LONG,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Foreign { rows, .. } => vec![format!("it has {}", rows.join(", "))],
            Self::Gap { unknown, pending, .. } => {
                vec![format!("unknown: {}", unknown.join(", ")), format!("not applied: {}", pending.join(", "))]
            }
            Self::TooLong { ids, .. } => ids.iter().map(|id| format!("{id} ({})", id.chars().count())).collect(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::Foreign { table, .. } => format!(
                "where a newer release of this chain wrote it, LOCKGATE_COEXIST=alembic:{table} says that the table is this chain's, and \
                 the database counts as ahead; where it is another service's, name this chain's own table so, or correct the \
                 database in the URL"
            ),
            Self::Gap { .. } => {
                "deploy the release that has the revisions, or merge the branches: Alembic cannot go on from a revision whose file is \
                 missing"
                    .to_owned()
            }
            Self::TooLong { table, ids, is_there, .. } => {
                let most = ids.iter().map(|id| id.chars().count()).max().unwrap_or_default().max(64);
                if *is_there {
                    format!("ALTER TABLE {table} ALTER COLUMN version_num TYPE varchar({most})")
                } else {
                    format!(
                        "CREATE TABLE {table} (version_num varchar({most}) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY \
                         (version_num)), which Alembic then takes"
                    )
                }
            }
        };
        Some(next)
    }
}

impl Place {
    pub fn new(graph: &Graph, rows: &[String]) -> Self {
        let known: Vec<usize> = rows.iter().filter_map(|row| graph.find(row)).collect();
        let mut unknown: Vec<String> = rows.iter().filter(|row| graph.find(row).is_none()).cloned().collect();
        unknown.sort();
        Self { applied: graph.closed(known.iter().copied()), known, unknown }
    }

    /// Holds the place against what is wanted. `is_ours`: somebody has said that the table is this chain's.
    ///
    /// # Errors
    /// Another chain's table, or revisions unknown beside such as are not applied.
    pub fn standing(
        &self,
        graph: &Graph,
        wanted: &[usize],
        table: &str,
        is_ours: bool,
    ) -> Result<VersionStatus, StandingError> {
        if self.known.is_empty() && !self.unknown.is_empty() && !is_ours {
            let rows = self.unknown.clone();
            return Err(StandingError::Foreign { table: table.to_owned(), rows });
        }
        let closed = graph.closed(wanted.iter().copied());
        let pending: Vec<usize> = (0..closed.len()).filter(|&at| closed[at] && !self.applied[at]).collect();
        if self.unknown.is_empty() {
            return Ok(if pending.is_empty() { VersionStatus::AtHead } else { VersionStatus::Pending(pending) });
        }
        let surely = self.surely_not_applied(graph, &pending);
        if surely.is_empty() {
            return Ok(VersionStatus::Ahead(self.unknown.clone()));
        }
        let ids = surely.iter().map(|&at| graph.revisions()[at].id.clone()).collect();
        Err(StandingError::Gap { table: table.to_owned(), unknown: self.unknown.clone(), pending: ids })
    }

    /// A row stands for the newest of its branch: what follows a row by `down_revision` alone is not applied. Behind an unknown
    /// row there may be anything else.
    fn surely_not_applied(&self, graph: &Graph, pending: &[usize]) -> Vec<usize> {
        let rows: Vec<&str> = self.known.iter().map(|&at| graph.revisions()[at].id.as_str()).collect();
        let follows = |at: &usize| graph.revisions()[*at].down.iter().any(|down| rows.contains(&down.as_str()));
        pending.iter().copied().filter(follows).collect()
    }

    /// For those who watch.
    pub fn seen(&self, graph: &Graph, wanted: &[usize]) -> Seen {
        let closed = graph.closed(wanted.iter().copied());
        let pending = (0..closed.len()).filter(|&at| closed[at] && !self.applied[at] && self.unknown.is_empty());
        let mut current: Vec<&str> = self.rows(graph);
        current.extend(self.unknown.iter().map(String::as_str));
        current.sort_unstable();
        Seen {
            current: (!current.is_empty()).then(|| current.join("+")),
            applied: self.applied.iter().filter(|is| **is).count(),
            pending: pending.map(|at| graph.revisions()[at].id.clone()).collect(),
            ahead: self.unknown.clone(),
        }
    }

    fn rows<'g>(&self, graph: &'g Graph) -> Vec<&'g str> {
        graph.maximal(&self.applied).into_iter().map(|at| graph.revisions()[at].id.as_str()).collect()
    }
}

/// The ids of pending revisions that a version table of this width would not take.
pub fn too_long(graph: &Graph, pending: &[usize], width: usize) -> Vec<String> {
    let ids = pending.iter().map(|&at| &graph.revisions()[at].id);
    ids.filter(|id| id.chars().count() > width).cloned().collect()
}

/// The width that Alembic gives the column of its version table.
pub const WIDTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::super::Heads;
    use super::*;

    fn graph(revisions: &[(&str, &[&str])]) -> Graph {
        Graph::sketched(revisions, Heads::Many)
    }

    fn standing(graph: &Graph, rows: &[&str], is_ours: bool) -> Result<VersionStatus, StandingError> {
        let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
        Place::new(graph, &rows).standing(graph, graph.heads(), "t", is_ours)
    }

    #[test]
    fn rows_stand_for_all_that_lies_before_them() {
        let line = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"])]);
        assert_eq!(standing(&line, &[], false), Ok(VersionStatus::Pending(vec![0, 1, 2])));
        assert_eq!(standing(&line, &["b"], false), Ok(VersionStatus::Pending(vec![2])));
        assert_eq!(standing(&line, &["c"], false), Ok(VersionStatus::AtHead));
        // A row that is an ancestor of another is tolerated.
        assert_eq!(standing(&line, &["a", "c"], false), Ok(VersionStatus::AtHead));
        let fork = graph(&[("a", &[]), ("b", &["a"]), ("c", &["a"])]);
        assert_eq!(standing(&fork, &["b"], false), Ok(VersionStatus::Pending(vec![2])));
        assert_eq!(standing(&fork, &["b", "c"], false), Ok(VersionStatus::AtHead));
    }

    #[test]
    fn an_unknown_row_is_ahead_a_gap_or_another_services() {
        let line = graph(&[("a", &[]), ("b", &["a"])]);
        assert!(matches!(standing(&line, &["z"], false), Err(StandingError::Foreign { .. })));
        assert_eq!(standing(&line, &["z"], true), Ok(VersionStatus::Ahead(vec!["z".to_owned()])));
        assert_eq!(standing(&line, &["b", "z"], false), Ok(VersionStatus::Ahead(vec!["z".to_owned()])));
        assert!(matches!(standing(&line, &["a", "z"], false), Err(StandingError::Gap { .. })));
    }

    #[test]
    fn what_is_seen_is_shown_as_a_set() {
        let fork = graph(&[("a", &[]), ("c", &["a"]), ("b", &["a"])]);
        let place = Place::new(&fork, &["c".to_owned(), "b".to_owned(), "a".to_owned()]);
        let seen = place.seen(&fork, fork.heads());
        assert_eq!((seen.current.as_deref(), seen.applied, seen.pending.len()), (Some("b+c"), 3, 0));
    }

    #[test]
    fn an_id_that_does_not_fit_is_named() {
        let line = graph(&[("a", &[]), ("0123456789012345678901234567890123", &["a"])]);
        assert_eq!(too_long(&line, &[0, 1], WIDTH), ["0123456789012345678901234567890123"]);
    }
}
