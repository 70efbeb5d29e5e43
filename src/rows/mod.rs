//! The existing rows that block a statement: their identity, their number, and the SQL that would help. They are queried before a
//! statement runs, or after it was refused.

mod beforehand;
mod cast;
mod check;
mod domain;
mod foreign_key;
mod no_answer;
mod not_null;
mod partition;
mod probe;
mod relation;
mod unique;
mod words;

pub use beforehand::{Subject, answer, ask};
pub use no_answer::Untold;
pub use probe::{Manner, Probe};

use crate::connect::ServerError;
use crate::statement::Demand;

/// The explanation of a refused statement by its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The number of blocking rows, if it was counted.
    pub rows: Option<u64>,
    /// A sentence each.
    pub found: Vec<String>,
    /// SQL, one statement each; `…` stands for a value that the user has to choose.
    pub help: Vec<String>,
}

impl Explanation {
    /// Combines two explanations.
    #[must_use]
    fn and(mut self, other: Self) -> Self {
        self.rows = self.rows.zip(other.rows).map(|(one, two)| one + two);
        self.found.extend(other.found);
        self.help.extend(other.help);
        self
    }
}

/// The kinds of errors that rows explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotNull,
    ForeignKey,
    Unique,
    Check,
    Cast,
    NoCast,
}

impl Kind {
    pub fn of(sqlstate: &str) -> Option<Self> {
        Some(match sqlstate {
            "23502" => Self::NotNull,
            "23503" => Self::ForeignKey,
            "23505" => Self::Unique,
            "23514" => Self::Check,
            // invalid_text_representation, and the other errors of a value that does not fit a type: too long, out of range, not
            // a date.
            "22P02" | "22001" | "22003" | "22007" | "22008" => Self::Cast,
            "42804" => Self::NoCast,
            _ => return None,
        })
    }
}

/// The reason why a statement with these demands failed with this error; none if no row is found to which it can refer.
///
/// # Errors
/// A query has no answer.
pub async fn explain(
    probe: &Probe<'_>,
    kind: Kind,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    match kind {
        Kind::NotNull => not_null::explain(probe, demands, error).await,
        Kind::ForeignKey => foreign_key::explain(probe, demands, error).await,
        Kind::Unique => unique::explain(probe, demands, error).await,
        Kind::Check => check::explain(probe, demands, error).await,
        Kind::Cast => cast::explain(probe, demands, error).await,
        Kind::NoCast => cast::explain_missing(probe, demands, error).await,
    }
}
