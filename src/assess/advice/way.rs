//! One choice.

/// The words before SQL for a new revision.
pub const ACCEPT: &str = "accept the database's in a new revision";

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Advice {
    /// A query that shows the rows or values in question.
    Look(String),
    /// SQL that creates the chain's definition by hand.
    Make(String),
    /// The statement itself with OR REPLACE, which creates the chain's definition.
    Replace(String),
    /// SQL for a new revision that accepts the database's definition.
    Accept(String),
    /// A directive, or a sentence.
    Words(String),
    /// Recording the statement's revision as applied.
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
