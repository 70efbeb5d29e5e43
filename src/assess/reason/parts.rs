//! Parts of reasons.

use std::fmt;

use crate::catalog::{Key, Stray};
use crate::failure::counted;

/// Objects, with a comma between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List(pub Vec<Key>);

/// A number of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows(pub i64);

/// The rows that refuse a statement, as many as are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusing(pub Option<u64>);

/// The harm of an object that the chain does not make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    RefusesWrites,
    Setting,
}

/// The reason why a plan does not ask the question of a directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    Unreadable,
    Unknown { function: String },
    Untrusted { stray: Stray },
}

/// The reason why a statement whose input is gone may not have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputDoubt {
    NoSign,
    NeverWritten,
    WrittenBefore,
    TableEmpty,
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Key::to_string).collect();
        f.write_str(&names.join(", "))
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.0, "row"))
    }
}

impl fmt::Display for Refusing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(1) => f.write_str("1 row refuses"),
            Some(rows) => write!(f, "{rows} rows refuse"),
            None => f.write_str("rows refuse"),
        }
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RefusesWrites => "may refuse what the chain writes",
            Self::Setting => "LOCKGATE_ON_MISMATCH=fail refuses it",
        })
    }
}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => f.write_str("its SQL cannot be read"),
            Self::Unknown { function } => write!(f, "{function}() is volatile, or not known"),
            Self::Untrusted { stray } => write!(f, "it would run {stray}, a role that is not trusted"),
        }
    }
}

impl fmt::Display for InputDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSign => "nothing shows that it did",
            Self::NeverWritten => "nobody ever wrote where it writes",
            Self::WrittenBefore => "where it writes there may have been values before",
            Self::TableEmpty => "its table is empty",
        })
    }
}
