//! Inspects the catalog and the first row of each table for data that can be lost.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalog::{CatalogError, Surroundings};
use crate::connect::Session;
use crate::pg::name::QualifiedName;
use crate::plan::roots::{Roots, asked};
use crate::sql::TypeName;
use crate::statement::change::Conversion;
use crate::statement::impact::{Concrete, TypeKind};

/// A relation that loses rows or values.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LostRow {
    #[serde(rename = "n")]
    pub statement: usize,
    pub what: What,
    pub column: Option<String>,
    /// True if the statement itself names it, false for a dependent.
    pub is_named: bool,
    #[serde(flatten)]
    pub relation: Relation,
    pub oid: i64,
    pub partition_of: Option<i64>,
    /// pg_class.relkind: `r`, `p` or `S`.
    pub kind: char,
    is_heap: bool,
    size: Option<i64>,
    pages: i64,
    tuples: f64,
    is_readable: bool,
    owner: String,
    pub is_owned: bool,
    pub is_used: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum What {
    /// The whole relation, also of a sequence.
    Table,
    Rows,
    Column,
    Converted,
    /// By ON DELETE SET NULL or SET DEFAULT.
    Overwritten,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Relation {
    schema: String,
    name: String,
    is_visible: bool,
}

impl Relation {
    /// The name as in the server's messages: with its schema unless the path leads to it.
    pub fn shown(&self) -> String {
        if self.is_visible { self.name.clone() } else { format!("{}.{}", self.schema, self.name) }
    }

    fn quoted(&self) -> String {
        QualifiedName::new(self.schema.clone(), self.name.clone()).quoted()
    }
}

#[derive(Debug, Deserialize)]
struct LockRow {
    #[serde(rename = "n")]
    statement: usize,
    #[serde(flatten)]
    relation: Relation,
    is_weak: bool,
}

#[derive(Debug, Deserialize)]
struct TypeRow {
    id: usize,
    schema: String,
    name: String,
    is_array: bool,
    kind: char,
    format: String,
}

/// The server's answers.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub lost: Vec<LostRow>,
    /// The dependents that are dropped too, by statement, in the server's words.
    pub along: BTreeMap<usize, Vec<String>>,
    /// The locked relations by statement; true if only their rows are locked.
    pub locks: BTreeMap<usize, Vec<(String, bool)>>,
    pub databases: Vec<(usize, String)>,
    /// The type and its name in the catalog, by root.
    pub types: BTreeMap<usize, (Concrete, TypeName)>,
    pub zone: String,
    /// True for tables with a row, false for empty ones; a table that could not be queried is missing.
    pub holds: BTreeMap<i64, bool>,
}

impl LostRow {
    /// The number of the relation's own rows: none if its file is empty, otherwise an estimate from the statistics.
    pub fn rows(&self, holds: &BTreeMap<i64, bool>) -> super::Rows {
        use super::Rows;
        match (self.size, holds.get(&self.oid)) {
            // The rows of a partitioned table are in its partitions.
            (None, _) => Rows::None,
            (Some(0), _) if self.is_heap => Rows::None,
            (_, Some(false)) => Rows::None,
            (Some(size), _) if self.tuples > 0.0 => Rows::About(self.estimate(size)),
            (Some(_), _) => Rows::Unknown,
        }
    }

    /// The planner's estimate: the density at the last ANALYZE, times the present size.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an estimate, never negative"
    )]
    fn estimate(&self, size: i64) -> u64 {
        let pages = size as f64 / PAGE;
        let rows = if self.pages > 0 { self.tuples / self.pages as f64 * pages } else { self.tuples };
        rows.round().max(1.0) as u64
    }
}

/// BLCKSZ, unless the server was built with another.
const PAGE: f64 = 8192.0;

/// The limits of a query for rows: with row_security off, it fails instead of hiding rows.
const LIMITS_FOR_ROWS: &str =
    "SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '1s'; SET LOCAL row_security = off";
/// The number of tables that are queried; others count as non-empty if their files are.
const MOST_ASKED: usize = 200;

/// Queries the catalog, and then the tables that may have a row.
///
/// # Errors
/// The connection broke, or the catalog could not be queried.
pub(super) async fn look(session: &Session, roots: &Roots, surroundings: &Surroundings) -> Result<Found, CatalogError> {
    let mut found = Found::default();
    for row in roots.ask(session, include_str!("taken.sql")).await? {
        if let [Some(kind), Some(text)] = row.as_slice() {
            found.read(kind, text).map_err(|error| CatalogError::Answer(format!("{error}: {text}")))?;
        }
    }
    let mut tables: BTreeMap<i64, &Relation> = BTreeMap::new();
    // Reading a table runs the expressions of its indexes, which belong to its owner.
    let may_be_read = |row: &&LostRow| row.is_readable && row.kind == 'r' && surroundings.trusts(&row.owner);
    for row in found.lost.iter().filter(may_be_read).filter(|row| row.size.is_some_and(|size| size > 0)) {
        tables.insert(row.oid, &row.relation);
    }
    if tables.is_empty() {
        return Ok(found);
    }
    let asked_for: Vec<(i64, &Relation)> = tables.into_iter().take(MOST_ASKED).collect();
    let exists = |(_, relation): &(i64, &Relation)| format!("EXISTS (SELECT FROM ONLY {})", relation.quoted());
    let question = format!("SELECT {}", asked_for.iter().map(exists).collect::<Vec<_>>().join(", "));
    let answer = match asked(session, LIMITS_FOR_ROWS, &question).await {
        Err(CatalogError::Lost(because)) => return Err(CatalogError::Lost(because)),
        // Locked or too slow: the statistics have to suffice.
        Err(_) => Vec::new(),
        Ok(rows) => rows.into_iter().next().unwrap_or_default(),
    };
    let holds = asked_for.iter().zip(answer).map(|((oid, _), holds)| (*oid, holds.as_deref() != Some("f")));
    found.holds = holds.collect();
    Ok(found)
}

impl Found {
    fn read(&mut self, kind: &str, text: &str) -> Result<(), serde_json::Error> {
        match kind {
            "lost" => self.lost.push(serde_json::from_str(text)?),
            "along" => {
                let (statement, described): (usize, String) = serde_json::from_str(text)?;
                self.along.entry(statement).or_default().push(described);
            }
            "lock" => {
                let LockRow { statement, relation, is_weak } = serde_json::from_str(text)?;
                self.locks.entry(statement).or_default().push((relation.shown(), is_weak));
            }
            "database" => self.databases.push(serde_json::from_str(text)?),
            "type" => {
                let row: TypeRow = serde_json::from_str(text)?;
                self.types.insert(row.id, row.type_());
            }
            _ => self.zone = serde_json::from_str(text)?,
        }
        Ok(())
    }
}

impl TypeRow {
    fn type_(self) -> (Concrete, TypeName) {
        let inside = self.format.rsplit_once('"').map_or(self.format.as_str(), |(_, rest)| rest);
        let inside = inside.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inside, _)| inside);
        let modifiers: Vec<String> =
            inside.map(|inside| inside.split(',').map(|one| one.trim().to_owned()).collect()).unwrap_or_default();
        let is_own = self.schema != "pg_catalog";
        let shown = TypeName {
            schema: Some(self.schema.clone()),
            name: self.name.clone(),
            modifiers: modifiers.clone(),
            is_array: self.is_array,
            ..TypeName::default()
        };
        let kind = match (is_own, self.kind) {
            (false, _) => TypeKind::BuiltIn(self.name),
            (true, 'e') => TypeKind::Enum(format!("{}.{}", self.schema, self.name)),
            (true, _) => TypeKind::Other(format!("{}.{}", self.schema, self.name)),
        };
        let numbers = modifiers.iter().filter_map(|one| one.parse().ok()).collect();
        (Concrete { kind, modifiers: numbers, is_array: self.is_array }, shown)
    }
}

/// The casts of a conversion, and its final type.
pub(super) fn types_of<'t>(to: &'t TypeName, by: &'t Conversion) -> Vec<&'t TypeName> {
    let casts = match by {
        Conversion::Casts(casts) => casts.as_slice(),
        Conversion::AtTimeZone { .. } | Conversion::Computed => &[],
    };
    casts.iter().chain([to]).collect()
}
