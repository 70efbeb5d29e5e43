//! One choice.

/// The words before SQL for a new revision.
pub const ACCEPT: &str = "accept the database's in a new revision";

/// One way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// A query that shows the rows or values in question.
    Look(String),
    /// SQL that makes the chain's definition, by hand.
    Make(String),
    /// The statement itself with OR REPLACE, which makes the chain's definition.
    Replace(String),
    /// SQL for a new revision that accepts the database's definition.
    Accept(String),
    /// A directive, or words.
    Words(String),
    /// To record the statement's revision as applied.
    Stamp,
}

impl From<String> for Advice {
    fn from(text: String) -> Self {
        Self::Words(text)
    }
}

impl From<&str> for Advice {
    fn from(text: &str) -> Self {
        Self::Words(text.to_owned())
    }
}
