//! The rows that are there, as they stand in the way of a statement: which they are, how many, and the SQL that would help. They
//! are asked after a statement was refused, or before it runs.

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

/// What the rows say of a refused statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// How many rows are in the way, where that was counted.
    pub rows: Option<u64>,
    /// A sentence each.
    pub found: Vec<String>,
    /// SQL, a statement each; `…` stands for what only a person knows.
    pub help: Vec<String>,
}

impl Explanation {
    /// Both at once.
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
            // invalid_text_representation, and what else a value can be that does not fit a type: too long, out of range,
            // no date.
            "22P02" | "22001" | "22003" | "22007" | "22008" => Self::Cast,
            "42804" => Self::NoCast,
            _ => return None,
        })
    }
}

/// Why a statement with these demands was refused with this error; none where no row is found that it can mean.
///
/// # Errors
/// A question has no answer.
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
