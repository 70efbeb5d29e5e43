//! The questions of a statement, and its effect on the existence of its object.

use super::question::Question;
use crate::sql::Named;

/// The behaviour of a definition if an object of its name exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Asked(Box<Asked>),
    /// IF NOT EXISTS: it accepts the existing foreign server.
    TakesServer(String),
    /// IF NOT EXISTS: it accepts the existing relation as its foreign table.
    TakesTable(Named),
    /// A user mapping: its password goes to the host that the server's owner chose.
    Maps {
        server: String,
        asked: Box<Asked>,
    },
}

impl Presence {
    /// The questions to the catalog.
    pub fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Asked(asked) | Self::Maps { asked, .. } => Some(asked),
            Self::TakesServer(_) | Self::TakesTable(_) => None,
        }
    }
}

/// A definition whose effect the catalog shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The object in words, the same for each statement on it.
    pub object: String,
    /// The words of the object that a move leaves behind.
    pub moved_to: Option<String>,
    pub way: Way,
    /// True if the catalog is as the statement leaves it; none if that cannot be told.
    pub done: Option<Question>,
    /// True if the statement would fail, unless it is done.
    pub fails: Question,
    /// The object's owner; none if it has none.
    pub owner: Option<Question>,
    /// The options, or the kinds of token, that the statement sets.
    pub sets: Vec<String>,
}

/// The effect on the object's existence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Makes,
    Changes,
    /// DROP; `cascades` if objects of other kinds go with it.
    Removes {
        cascades: bool,
    },
    /// Another name or another schema.
    Moves,
    /// It takes all objects of a role, those of later statements too.
    Sweeps,
}
