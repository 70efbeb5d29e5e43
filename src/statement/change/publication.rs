//! The words of CREATE and ALTER PUBLICATION.

use crate::sql::{Expr, Named};

/// A part of a publication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    Table(PublishedTable),
    /// All tables of a schema; none means the current one.
    Schema(Option<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedTable {
    pub name: Named,
    /// True for ONLY: inheriting tables are not included.
    pub only: bool,
    /// The published columns; none means all.
    pub columns: Option<Vec<String>>,
    /// The rows that are published.
    pub filter: Option<Expr>,
}

/// The options that a statement gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicationOptions {
    /// Sorted words: delete, insert, truncate, update.
    pub acts: Option<Vec<String>>,
    pub via_root: Option<bool>,
    /// Stored generated columns too (PostgreSQL 18).
    pub generated: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicationAct {
    Add(Vec<Published>),
    Set(Vec<Published>),
    Drop(Vec<Published>),
    SetOptions(PublicationOptions),
}
