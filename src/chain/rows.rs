//! The rows of a history, as far as a chain needs them.

use super::Chain;
use super::status::{self, Begun, HistoryStatus, Recorded, StandingError};
use crate::progress::Seen;

/// The rows of a history.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Their digest proves that they are exactly this many first revisions of the chain, each equal to its file and at its depth,
    /// so none of them has to be read.
    First(usize),
    All(&'a [Recorded]),
}

impl<'a> From<&'a [Recorded]> for Rows<'a> {
    fn from(rows: &'a [Recorded]) -> Self {
        Self::All(rows)
    }
}

impl<'a> From<&'a Vec<Recorded>> for Rows<'a> {
    fn from(rows: &'a Vec<Recorded>) -> Self {
        Self::All(rows)
    }
}

impl Rows<'_> {
    /// Their state, for observers.
    pub fn seen(self, chain: &Chain) -> Seen {
        match self {
            Self::First(count) => Seen {
                current: self.current(chain),
                applied: count,
                pending: chain.revisions()[count..].iter().map(|revision| revision.id.to_string()).collect(),
                ahead: Vec::new(),
            },
            Self::All(rows) => status::seen(chain, rows),
        }
    }

    /// As [`status::standing`].
    ///
    /// # Errors
    /// As [`status::standing`].
    pub fn standing(self, chain: &Chain, history: &str) -> Result<HistoryStatus, StandingError> {
        match self {
            Self::First(count) if count == chain.len() => Ok(HistoryStatus::AtHead),
            Self::First(count) => {
                Ok(HistoryStatus::Pending { pending: (count..chain.len()).collect(), late: Vec::new() })
            }
            Self::All(rows) => status::standing(chain, rows, history),
        }
    }

    /// The newest revision that is completely applied.
    pub fn current(self, chain: &Chain) -> Option<String> {
        match self {
            Self::First(count) => chain.revisions()[..count].last().map(|revision| revision.id.to_string()),
            Self::All(rows) => status::current(rows).map(|row| row.id.clone()),
        }
    }

    /// The number of revisions that are completely applied.
    pub fn applied(self) -> usize {
        match self {
            Self::First(count) => count,
            Self::All(rows) => status::applied(rows),
        }
    }

    /// The revisions of the chain with a row, by their indexes, in order.
    pub fn indexes(self, chain: &Chain) -> Vec<usize> {
        match self {
            Self::First(count) => (0..count).collect(),
            Self::All(rows) => {
                let mut indexes: Vec<usize> = rows.iter().filter_map(|row| Some(chain.depth(&row.id)? - 1)).collect();
                indexes.sort_unstable();
                indexes
            }
        }
    }

    /// The number of rows without a revision in the chain.
    pub fn unknown(self, chain: &Chain) -> usize {
        match self {
            Self::First(_) => 0,
            Self::All(rows) => rows.iter().filter(|row| chain.depth(&row.id).is_none()).count(),
        }
    }

    /// The depth of the deepest row; 0 without rows.
    pub fn deepest(self) -> usize {
        match self {
            Self::First(count) => count,
            Self::All(rows) => rows.iter().filter_map(|row| usize::try_from(row.depth).ok()).max().unwrap_or(0),
        }
    }

    /// The begun revision, by its index in the chain.
    pub fn begun(self, chain: &Chain) -> Option<(usize, Begun)> {
        match self {
            Self::First(_) => None,
            Self::All(rows) => {
                rows.iter().find_map(|row| row.begun.clone().and_then(|begun| Some((chain.depth(&row.id)? - 1, begun))))
            }
        }
    }
}
