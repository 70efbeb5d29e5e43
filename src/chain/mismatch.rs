//! Reasons why a history and a chain do not belong together, with the recorded facts.

use std::collections::{HashMap, HashSet};

use super::checksum::Version;
use super::recorded::{Origin, Recorded};
use super::{Chain, Id, Revision};
use crate::failure::{Code, Coded, counted};

/// The reason why the history and the chain do not belong together. `history` is the table and its database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StandingError {
    #[error("the history knows none of this chain's revisions: it is another service's")]
    Unknown { history: String, recorded: Vec<String>, first: Id },
    #[error("the history's {} is not this chain's: it is another service's", .strange.id)]
    Foreign { history: String, recorded: Vec<String>, strange: Box<Strange> },
    #[error("{}", changed_words(.changed.len()))]
    Changed { history: String, changed: Vec<Strange> },
    #[error("the history has {} that this chain does not have", counted(.unknown.len(), "revision"))]
    Gap { history: String, unknown: Vec<Lost>, head: Id },
}

/// A recorded revision that differs from the file of its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strange {
    pub id: String,
    pub file: String,
    pub origin: Origin,
    /// The file that now contains the recorded revision, with its id in the history.
    pub now: Option<Moved>,
}

/// A recorded revision whose id no file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    pub id: String,
    pub origin: Origin,
    pub now: Option<Moved>,
}

/// A recorded revision that is in a file of another id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub file: String,
    /// The file name that restores its recorded id.
    pub back: String,
}

impl Strange {
    fn new((revision, row): Pair<'_>, elsewhere: &Elsewhere<'_>) -> Self {
        let (id, file, origin) = (row.id.clone(), revision.file.clone(), row.origin.clone());
        Self { id, file, origin, now: elsewhere.find(row) }
    }

    fn line(&self) -> String {
        let Self { id, file, origin, now } = self;
        match now {
            None => format!("{file}: not as it was {origin}"),
            Some(Moved { file: now, back }) => format!(
                "{file}: {id} was {origin}; that is {now} here: name it {back} again, and give {file} a number after head"
            ),
        }
    }
}

impl Lost {
    fn line(&self) -> String {
        let Self { id, origin, now } = self;
        let now = now.as_ref().map(|Moved { file, back }| format!("; that is {file} here: name it {back} again"));
        format!("{id} was {origin}{}", now.unwrap_or_default())
    }
}

fn changed_words(count: usize) -> String {
    if count == 1 {
        "an applied revision was changed".to_owned()
    } else {
        format!("{count} applied revisions were changed")
    }
}

impl Coded for StandingError {
    fn code(&self) -> Code {
        match self {
            Self::Unknown { .. } | Self::Foreign { .. } => Code::FOREIGN_HISTORY,
            Self::Changed { .. } => Code::CHANGED,
            Self::Gap { .. } => Code::GAP,
        }
    }

    fn details(&self) -> Vec<String> {
        let (mut lines, history) = match self {
            Self::Unknown { history, recorded, first } => {
                (vec![format!("recorded: {}", few(recorded)), format!("this chain begins with {first}")], history)
            }
            Self::Foreign { history, recorded, strange } => {
                let Strange { id, file, origin, .. } = strange.as_ref();
                let lines =
                    vec![format!("recorded: {}", few(recorded)), format!("{id} was {origin}; here it is {file}")];
                (lines, history)
            }
            Self::Changed { history, changed } => (changed.iter().map(Strange::line).collect(), history),
            Self::Gap { history, unknown, head } => {
                let ids: Vec<String> = unknown.iter().map(|lost| lost.id.clone()).collect();
                let recorded = format!("recorded, but not in the chain up to {head}: {}", few(&ids));
                ([recorded].into_iter().chain(unknown.iter().take(FEW).map(Lost::line)).collect(), history)
            }
        };
        lines.push(format!("the history: {history}"));
        lines
    }

    fn next(&self) -> Option<String> {
        let back = "give the files the numbers that they were applied with";
        match self {
            Self::Changed { changed, .. } if changed.iter().all(|one| one.now.is_some()) => Some(back.to_owned()),
            Self::Gap { unknown, .. } if unknown.iter().all(|lost| lost.now.is_some()) => Some(back.to_owned()),
            Self::Unknown { .. } | Self::Foreign { .. } | Self::Changed { .. } | Self::Gap { .. } => None,
        }
    }
}

const FEW: usize = 5;

/// The first items of a list, and the number of the others.
fn few(list: &[String]) -> String {
    let shown = list.iter().take(FEW).map(String::as_str).collect::<Vec<_>>().join(", ");
    if list.len() > FEW { format!("{shown} and {} more", list.len() - FEW) } else { shown }
}

/// A revision with its row.
pub(super) type Pair<'a> = (&'a Revision, &'a Recorded);

/// The facts for the errors.
pub(super) struct Mismatch<'a> {
    pub chain: &'a Chain,
    pub rows: &'a [Recorded],
    pub history: &'a str,
}

impl Mismatch<'_> {
    pub fn unknown(&self) -> StandingError {
        let first = self.chain.revisions()[0].id.clone();
        StandingError::Unknown { history: self.history.to_owned(), recorded: self.recorded(), first }
    }

    /// The error for changed revisions. `same` are the unchanged revisions that both know, `other` the changed ones, at least
    /// one.
    pub fn changed(&self, same: &[Pair<'_>], other: &[Pair<'_>]) -> StandingError {
        let elsewhere = Elsewhere::of(self.chain, same);
        let history = self.history.to_owned();
        let changed: Vec<Strange> = other.iter().map(|pair| Strange::new(*pair, &elsewhere)).collect();
        // Numbers are not specific: no recorded revision is in this chain, and the first one differs even in its name.
        let is_foreign = same.is_empty() && changed.iter().all(|one| one.now.is_none());
        match (other, changed.first()) {
            ([(revision, row), ..], Some(first)) if is_foreign && revision.description != row.origin.description => {
                StandingError::Foreign { history, recorded: self.recorded(), strange: Box::new(first.clone()) }
            }
            _ => StandingError::Changed { history, changed },
        }
    }

    pub fn gap(&self, same: &[Pair<'_>], unknown: &[&Recorded]) -> StandingError {
        let elsewhere = Elsewhere::of(self.chain, same);
        let lost = |row: &&Recorded| Lost { id: row.id.clone(), origin: row.origin.clone(), now: elsewhere.find(row) };
        let (history, head) = (self.history.to_owned(), self.chain.head().id.clone());
        StandingError::Gap { history, unknown: unknown.iter().map(lost).collect(), head }
    }

    fn recorded(&self) -> Vec<String> {
        self.rows.iter().map(|row| row.id.clone()).collect()
    }
}

/// The revisions that are not recorded under their own id, by their checksums of every version.
struct Elsewhere<'a>(HashMap<String, &'a Revision>);

impl<'a> Elsewhere<'a> {
    fn of(chain: &'a Chain, same: &[Pair<'_>]) -> Self {
        let same: HashSet<&Id> = same.iter().map(|(revision, _)| &revision.id).collect();
        let others = chain.revisions().iter().filter(|revision| !same.contains(&revision.id));
        let versions = |revision: &'a Revision| Version::ALL.map(|version| (revision.checksum_by(version), revision));
        Self(others.flat_map(versions).collect())
    }

    fn find(&self, row: &Recorded) -> Option<Moved> {
        let Revision { id, file, .. } = self.0.get(&row.checksum)?;
        let rest = file.strip_prefix(id.as_str()).unwrap_or_default();
        Some(Moved { file: file.clone(), back: format!("{}{rest}", row.id) })
    }
}
