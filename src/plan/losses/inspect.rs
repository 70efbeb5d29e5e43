//! The look at the catalog, and at the first row of each table: what there is to lose.

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
    /// By the statement itself, not by what goes with it.
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
    /// The whole relation; a sequence is one.
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
    /// As the server writes it in its messages: with its schema where the path does not lead to it.
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

/// What the server said.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub lost: Vec<LostRow>,
    /// By statement: what goes along, in the server's words.
    pub along: BTreeMap<usize, Vec<String>>,
    /// By statement: relations, and whether only rows of them are locked against others.
    pub locks: BTreeMap<usize, Vec<(String, bool)>>,
    pub databases: Vec<(usize, String)>,
    /// By root: the type, and as the catalog writes it.
    pub types: BTreeMap<usize, (Concrete, TypeName)>,
    pub zone: String,
    /// Tables that hold a row, or hold none; one that could not be asked is not among them.
    pub holds: BTreeMap<i64, bool>,
}

impl LostRow {
    /// How many rows the relation has by itself; its file says that there are none, the statistics about how many.
    pub fn rows(&self, holds: &BTreeMap<i64, bool>) -> super::Rows {
        use super::Rows;
        match (self.size, holds.get(&self.oid)) {
            // A partitioned table has its rows in its partitions.
            (None, _) => Rows::None,
            (Some(0), _) if self.is_heap => Rows::None,
            (_, Some(false)) => Rows::None,
            (Some(size), _) if self.tuples > 0.0 => Rows::About(self.estimate(size)),
            (Some(_), _) => Rows::Unknown,
        }
    }

    /// As the planner does it: the density of the last count, times the size of today.
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

/// BLCKSZ, unless the server was built otherwise.
const PAGE: f64 = 8192.0;

/// Row security would hide rows: then the question fails.
const LIMITS_FOR_ROWS: &str =
    "SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '1s'; SET LOCAL row_security = off";
/// More tables than this are taken to hold rows where their files are not empty.
const MOST_ASKED: usize = 200;

/// Asks the catalog, and then each table that may hold a row whether it does.
///
/// # Errors
/// The connection broke, or the catalog could not be asked.
pub(super) async fn look(session: &Session, roots: &Roots, surroundings: &Surroundings) -> Result<Found, CatalogError> {
    let mut found = Found::default();
    for row in roots.ask(session, include_str!("taken.sql")).await? {
        if let [Some(kind), Some(text)] = row.as_slice() {
            found.read(kind, text).map_err(|error| CatalogError::Answer(format!("{error}: {text}")))?;
        }
    }
    let mut tables: BTreeMap<i64, &Relation> = BTreeMap::new();
    // To read a table is to run the expressions of its indexes, which are its owner's.
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
        // Locked, or too slow: nobody can tell, and the statistics have to do.
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

/// The casts of a conversion, and the type that it ends with.
pub(super) fn types_of<'t>(to: &'t TypeName, by: &'t Conversion) -> Vec<&'t TypeName> {
    let casts = match by {
        Conversion::Casts(casts) => casts.as_slice(),
        Conversion::AtTimeZone { .. } | Conversion::Computed => &[],
    };
    casts.iter().chain([to]).collect()
}
