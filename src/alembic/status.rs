//! Compares the version table with the graph. Pure.

use super::graph::{Graph, Rows};
use crate::failure::{Code, Coded, counted};
use crate::progress::Seen;

/// The place of a version table's rows in the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// True for each revision of the graph that a row names or includes.
    pub applied: Vec<bool>,
    /// The rows that the graph contains.
    pub known: Vec<usize>,
    /// The unknown rows, sorted; for a tool that records each revision separately, those that a newer release may have created.
    pub unknown: Vec<String>,
}

/// The table of the rows, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Whose<'a> {
    pub table: &'a str,
    /// The tool, as `LOCKGATE_COEXIST` names it.
    pub word: &'static str,
    /// True if a setting names the table as this chain's.
    pub is_ours: bool,
}

/// The remaining work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionStatus {
    AtHead,
    /// All wanted revisions are applied, as far as can be known, and the table has revisions that the graph lacks.
    Ahead(Vec<String>),
    /// Indexes into the graph, in order.
    Pending(Vec<usize>),
}

/// Reasons why the table does not belong to the graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    #[error("{table} knows none of this chain's revisions")]
    Foreign { table: String, rows: Vec<String>, word: &'static str },
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
            Self::Foreign { table, word, .. } => format!(
                "where a newer release of this chain wrote it, LOCKGATE_COEXIST={word}:{table} says that the table is this chain's, and \
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
        let applied = match graph.rows {
            Rows::Newest => graph.closed(known.iter().copied()),
            Rows::Each => {
                let mut applied = vec![false; graph.revisions().len()];
                known.iter().for_each(|&at| applied[at] = true);
                applied
            }
        };
        Self { applied, known, unknown }
    }

    /// Compares the place with the wanted one.
    ///
    /// # Errors
    /// The table is another chain's, or it has unknown revisions while known ones are pending.
    pub fn standing(&self, graph: &Graph, wanted: &[usize], whose: Whose<'_>) -> Result<VersionStatus, StandingError> {
        let table = whose.table;
        if self.known.is_empty() && !self.unknown.is_empty() && !whose.is_ours {
            let (rows, word) = (self.unknown.clone(), whose.word);
            return Err(StandingError::Foreign { table: table.to_owned(), rows, word });
        }
        let closed = graph.closed(wanted.iter().copied());
        let pending: Vec<usize> = (0..closed.len()).filter(|&at| closed[at] && !self.applied[at]).collect();
        // A tool that records each revision separately keeps the rows of deleted files, and still applies the others.
        if graph.rows == Rows::Each && !pending.is_empty() {
            return Ok(VersionStatus::Pending(pending));
        }
        let unknown = self.newer(graph);
        if unknown.is_empty() {
            return Ok(if pending.is_empty() { VersionStatus::AtHead } else { VersionStatus::Pending(pending) });
        }
        let surely = self.surely_not_applied(graph, &pending);
        if surely.is_empty() {
            return Ok(VersionStatus::Ahead(unknown));
        }
        let ids = surely.iter().map(|&at| graph.revisions()[at].id.clone()).collect();
        Err(StandingError::Gap { table: table.to_owned(), unknown: self.unknown.clone(), pending: ids })
    }

    /// The unknown rows that are not those of deleted files.
    fn newer(&self, graph: &Graph) -> Vec<String> {
        let is_gone = |row: &String| {
            graph.rows == Rows::Each
                && graph.revisions().iter().any(|one| group(&one.id) == group(row) && is_before(row, &one.id))
        };
        self.unknown.iter().filter(|row| !is_gone(row)).cloned().collect()
    }

    /// Pending revisions that cannot be included in a row. A row is the newest revision of its branch: a direct successor by
    /// `down_revision` is not applied. The ancestors of an unknown row are unknown.
    fn surely_not_applied(&self, graph: &Graph, pending: &[usize]) -> Vec<usize> {
        let rows: Vec<&str> = self.known.iter().map(|&at| graph.revisions()[at].id.as_str()).collect();
        let follows = |at: &usize| graph.revisions()[*at].down.iter().any(|down| rows.contains(&down.as_str()));
        pending.iter().copied().filter(follows).collect()
    }

    /// The place for observers.
    pub fn seen(&self, graph: &Graph, wanted: &[usize]) -> Seen {
        let closed = graph.closed(wanted.iter().copied());
        let is_told = self.unknown.is_empty() || graph.rows == Rows::Each;
        let pending = (0..closed.len()).filter(|&at| closed[at] && !self.applied[at] && is_told);
        let ahead = self.newer(graph);
        let mut current: Vec<&str> = self.rows(graph);
        current.extend(ahead.iter().map(String::as_str));
        current.sort_unstable();
        Seen {
            current: (!current.is_empty()).then(|| current.join("+")),
            applied: self.applied.iter().filter(|is| **is).count(),
            pending: pending.map(|at| graph.revisions()[at].id.clone()).collect(),
            ahead,
        }
    }

    fn rows<'g>(&self, graph: &'g Graph) -> Vec<&'g str> {
        let newest = match graph.rows {
            Rows::Newest => graph.maximal(&self.applied),
            Rows::Each => self.known.iter().copied().max().into_iter().collect(),
        };
        newest.into_iter().map(|at| graph.revisions()[at].id.as_str()).collect()
    }
}

/// The part of an id within which ids are sorted by age: the app of Django's `app.0001_name`; a number or a file name has none.
fn group(id: &str) -> &str {
    match id.split_once('.') {
        Some((app, rest)) if rest.starts_with(|c: char| c.is_ascii_digit()) => app,
        _ => "",
    }
}

/// True if one id is older than another: by their leading numbers, then by their text.
fn is_before(one: &str, other: &str) -> bool {
    let number = |id: &str| {
        let name = id.strip_prefix(group(id)).unwrap_or(id).trim_start_matches('.');
        let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0').to_owned();
        (digits.len(), digits)
    };
    (number(one), one) < (number(other), other)
}

/// The ids of pending revisions that exceed this width.
pub fn too_long(graph: &Graph, pending: &[usize], width: usize) -> Vec<String> {
    let ids = pending.iter().map(|&at| &graph.revisions()[at].id);
    ids.filter(|id| id.chars().count() > width).cloned().collect()
}

/// The width of the version table's column in Alembic.
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
        let whose = Whose { table: "t", word: "alembic", is_ours };
        Place::new(graph, &rows).standing(graph, graph.heads(), whose)
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

    /// The status of these rows for a sequence of ids that are recorded separately.
    fn each(ids: &[&str], rows: &[&str]) -> (Result<VersionStatus, StandingError>, Option<String>) {
        let revisions = ids.iter().map(|&id| super::super::Revision { id: id.to_owned(), ..Default::default() });
        let line = Graph::line(revisions.collect()).unwrap();
        let seen =
            Place::new(&line, &rows.iter().map(|&row| row.to_owned()).collect::<Vec<_>>()).seen(&line, line.heads());
        (standing(&line, rows, false), seen.current)
    }

    #[test]
    fn a_row_of_a_tool_that_records_each_stands_for_itself_alone() {
        let shop = ["auth.0001_a", "shop.0001_a", "auth.0002_b", "shop.0002_b"];
        let pending = |at: &[usize]| Ok(VersionStatus::Pending(at.to_vec()));
        assert_eq!(each(&shop, &[]).0, pending(&[0, 1, 2, 3]));
        let holes = each(&shop, &["shop.0001_a", "auth.0002_b"]);
        assert_eq!(holes, (pending(&[0, 3]), Some("auth.0002_b".to_owned())));
        assert_eq!(each(&shop, &shop).0, Ok(VersionStatus::AtHead));
        // Rows of deleted files are older than the app's newest; others may be a newer release's.
        let with = |row| each(&shop, &[&shop[..], &[row]].concat()).0;
        assert_eq!(with("shop.0001_squashed_away"), Ok(VersionStatus::AtHead));
        for newer in ["shop.0003_c", "blog.0001_a"] {
            assert_eq!(with(newer), Ok(VersionStatus::Ahead(vec![newer.to_owned()])), "{newer}");
        }
        assert_eq!(each(&shop, &["auth.0001_a", "shop.0009_x"]).0, pending(&[1, 2, 3]));
        assert!(matches!(each(&shop, &["blog.0001_a"]).0, Err(StandingError::Foreign { .. })));
        assert_eq!(each(&["1", "20240101000000"], &["1", "9", "20240101000000"]).0, Ok(VersionStatus::AtHead));
        assert!(matches!(each(&["9_a.js"], &["9_a.js", "10_b.js"]).0, Ok(VersionStatus::Ahead(_))));
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
