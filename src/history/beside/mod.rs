//! The histories of other tools, read and kept beside ours: a file for each. A chain in a tool's layout can then be applied by either.

mod crc32;
mod dbmate;
mod diesel;
mod drizzle;
mod flyway;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod native;
mod node_pg_migrate;
mod prisma;
mod refinery;
mod sqlx;
mod supabase;

use std::collections::HashMap;

use super::inquiry::{Look, Read, Told, version_inquiry};
use super::{Distrust, HistoryError, Trusted};
use crate::chain::revision::by_number;
use crate::chain::standing::{Origin, Recorded};
use crate::chain::{Chain, Revision};
use crate::config::{HistoryTable, Tool};
use crate::connect::{Answer, Message, SessionError};
use crate::failure::{Code, Coded, counted};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};

/// A row of a tool's history; the values as the server shows them.
type Row<'a> = &'a [Option<String>];

/// A tool's own history.
trait Table: Sync {
    /// Its schema, where the tool has one of its own, and its name.
    fn home(&self) -> (Option<&'static str>, &'static str);

    /// The columns without which it is another table of that name.
    fn columns(&self) -> &'static [&'static str];

    /// True where a table with one more column is another tool's.
    fn is_exact(&self) -> bool {
        false
    }

    /// The SQL with which the tool makes it; `{table}` and `{name}` are replaced.
    fn create(&self) -> &'static str;

    /// The values that are read of a row `h`, and the rest of the query.
    fn read(&self) -> (&'static str, &'static str);

    /// What the rows say of a chain.
    ///
    /// # Errors
    /// Rows that the tool itself stops at, a line each.
    fn standing(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>>;

    /// The same of a chain in lockgate's own layout.
    ///
    /// # Errors
    /// Rows that the tool itself stops at, a line each.
    fn standing_of_native(&self, chain: &Chain, rows: &[Row<'_>]) -> Result<Applied, Vec<String>> {
        Ok(native::by_firsts(chain, rows))
    }

    /// Records a revision as the tool would.
    fn record(&self, table: &str, revision: &Revision) -> String;

    /// Forgets a revision that is taken back, by its index in the chain.
    fn forget(&self, table: &str, chain: &Chain, at: usize) -> String;

    /// The keys of the advisory locks that the tool works under.
    fn locks(&self, _: &QualifiedName, _database: &str) -> Vec<i64> {
        Vec::new()
    }
}

/// None where its history is not known here.
fn of(tool: Tool) -> Option<&'static dyn Table> {
    Some(match tool {
        Tool::Prisma => &prisma::Prisma,
        Tool::Drizzle => &drizzle::Drizzle,
        Tool::GolangMigrate => &golang_migrate::GolangMigrate,
        Tool::Goose => &goose::Goose,
        Tool::Dbmate => &dbmate::Dbmate,
        Tool::Sqlx => &sqlx::Sqlx,
        Tool::Flyway => &flyway::Flyway,
        Tool::Supabase => &supabase::Supabase,
        Tool::Diesel => &diesel::Diesel,
        Tool::Refinery => &refinery::Refinery,
        Tool::NodePgMigrate => &node_pg_migrate::NodePgMigrate,
        Tool::GraphileMigrate => &graphile_migrate::GraphileMigrate,
        Tool::Atlas => return None,
    })
}

/// The revisions that a tool's history has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Applied {
    /// By their indexes in the chain.
    known: Vec<usize>,
    /// Those that the chain does not have, with whether they stand behind its head.
    unknown: Vec<(String, bool)>,
}

/// The place of a tool's history.
#[derive(Clone)]
pub struct Place {
    pub tool: Tool,
    its: &'static dyn Table,
    table: HistoryTable,
}

/// A tool's history as it was found.
#[derive(Clone)]
pub struct Beside {
    pub tool: Tool,
    its: &'static dyn Table,
    pub table: QualifiedName,
    is_there: bool,
    schema_is_there: bool,
    applied: Applied,
}

/// Why a tool's history cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum BesideError {
    #[error("{table} is not the history of {}", .tool.name())]
    Other { tool: Tool, table: QualifiedName, columns: Vec<String> },
    #[error("{table} has {} at which {} stops", counted(.lines.len(), "row"), .tool.name())]
    Stops { tool: Tool, table: QualifiedName, lines: Vec<String> },
    #[error("{table} lacks {} that lockgate's history has", counted(.ids.len(), "revision"))]
    Lacks { tool: Tool, table: QualifiedName, ids: Vec<String> },
    #[error("{} has applied {} here, and lockgate's history {history} is empty", .tool.name(), counted(.applied.len(), "revision"))]
    First { tool: Tool, table: QualifiedName, history: String, applied: Vec<String> },
    #[error("others may put triggers on {table}, which would run as this role")]
    Watched { table: QualifiedName },
}

impl Coded for BesideError {
    fn code(&self) -> Code {
        match self {
            Self::Other { .. } => Code::HISTORY_SHAPE,
            Self::Stops { .. } | Self::Lacks { .. } => Code::TOOL_HISTORY,
            Self::First { .. } => Code::FIRST_CONTACT,
            Self::Watched { .. } => Code::UNTRUSTED_HISTORY,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Other { columns, .. } => vec![format!("its columns: {}", columns.join(", "))],
            Self::Stops { lines, .. } => lines.clone(),
            Self::Lacks { ids, .. } => vec![ids.join(" ")],
            Self::First { table, applied, .. } => vec![format!("in {table}: {}", applied.join(" "))],
            Self::Watched { .. } => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        let next = match self {
            Self::Other { tool, .. } => {
                format!("name the table: LOCKGATE_COEXIST={}:SCHEMA.TABLE", tool.word())
            }
            Self::Stops { tool, .. } => {
                format!("settle them with {}, as it says; then run again", tool.name())
            }
            Self::Lacks { tool, .. } => format!(
                "where {} took them back, `lockgate stamp TARGET --unchecked` without LOCKGATE_COEXIST forgets them here; where it never \
                 applied them, let it record them as applied",
                tool.name()
            ),
            Self::First { tool, .. } => format!(
                "`lockgate adopt --from {}` records what the catalog proves of it, and goes on without the tool; or LOCKGATE_COEXIST={} \
                 goes on from there, and keeps {} history beside ours",
                tool.word(),
                tool.word(),
                tool.names(),
            ),
            Self::Watched { table } => {
                format!("REVOKE TRIGGER ON {} from those roles", table.quoted())
            }
        };
        Some(next)
    }
}

impl Place {
    /// The table that somebody named, else where the tool has it; none where the tool's history is not known here.
    pub fn of(tool: Tool, named: Option<HistoryTable>) -> Option<Self> {
        let its = of(tool)?;
        let (schema, name) = its.home();
        let usual = || HistoryTable { schema: schema.map(str::to_owned), name: name.to_owned() };
        Some(Self { tool, its, table: named.unwrap_or_else(usual) })
    }

    /// Asks for the columns of the table.
    pub fn columns_question(&self) -> Message<'static> {
        version_inquiry(&self.table, Look::Full, &[Read::Columns])
    }

    /// Asks for its rows, once it is known to be the tool's.
    pub fn rows_question(&self) -> Message<'static> {
        let (values, rest) = self.its.read();
        version_inquiry(&self.table, Look::Full, &[Read::Tool { values, rest }])
    }

    /// Reads an answer, of a table that is believed.
    ///
    /// # Errors
    /// Outer: the connection broke. Inner: the table is not believed, or cannot be read.
    pub fn told(&self, trusted: Trusted<'_>, answer: Answer) -> Result<Result<Told, HistoryError>, SessionError> {
        Told::read(&self.table, trusted, answer)
    }

    /// True where the columns are those of the tool's history. No table is none.
    ///
    /// # Errors
    /// It is another table of that name.
    pub fn is_its(&self, told: &Told) -> Result<bool, BesideError> {
        let Some(row) = told.rows_of(Read::Columns).next() else { return Ok(false) };
        let text = row.first().and_then(Option::as_deref).unwrap_or_default();
        let columns: Vec<String> = serde_json::from_str(text).unwrap_or_default();
        let wanted = self.its.columns();
        let has_all = wanted.iter().all(|wanted| columns.iter().any(|column| column == wanted));
        if has_all && (!self.its.is_exact() || columns.len() == wanted.len()) {
            return Ok(true);
        }
        Err(BesideError::Other { tool: self.tool, table: told.state.history.clone(), columns })
    }

    /// What the rows say of a chain; without an answer there is no table.
    ///
    /// # Errors
    /// Rows that the tool itself stops at, or a table on which others may put triggers.
    pub fn found(&self, chain: &Chain, columns: &Told, rows: Option<&Told>) -> Result<Beside, BesideError> {
        let table = columns.state.history.clone();
        if columns.state.looked.as_ref().is_some_and(super::Looked::has_setters) {
            return Err(BesideError::Watched { table });
        }
        let (values, rest) = self.its.read();
        let read: Vec<Row<'_>> = rows.iter().flat_map(|told| told.rows_of(Read::Tool { values, rest })).collect();
        let applied = match chain.layout() == Some(self.tool) {
            true => self.its.standing(chain, &read),
            false => self.its.standing_of_native(chain, &read),
        };
        let applied = applied.map_err(|lines| BesideError::Stops { tool: self.tool, table: table.clone(), lines })?;
        let schema_is_there = columns.state.schema_is_there;
        Ok(Beside { tool: self.tool, its: self.its, table, is_there: rows.is_some(), schema_is_there, applied })
    }
}

impl Beside {
    /// True where the tool has applied nothing that it tells of.
    pub fn is_empty(&self) -> bool {
        self.applied.known.is_empty() && self.applied.unknown.is_empty()
    }

    /// True where the tool has a table.
    pub fn is_there(&self) -> bool {
        self.is_there
    }

    /// What the tool has applied: revisions by their indexes in the chain, and versions that the chain does not have.
    pub fn applied(&self) -> (&[usize], Vec<&str>) {
        (&self.applied.known, self.applied.unknown.iter().map(|(version, _)| version.as_str()).collect())
    }

    /// The ids of what the tool has applied, in the chain's order.
    pub fn ids(&self, chain: &Chain) -> Vec<String> {
        let known = self.applied.known.iter().map(|&at| chain.revisions()[at].id.to_string());
        known.chain(self.applied.unknown.iter().map(|(id, _)| id.clone())).collect()
    }

    /// The rows of our history with those of the tool's in their places.
    ///
    /// # Errors
    /// Ours has revisions that the tool's lacks, though it has others.
    pub fn merged(&self, chain: &Chain, ours: &[Recorded]) -> Result<Vec<Recorded>, BesideError> {
        let lacking = self.lacking(chain, ours);
        if !lacking.is_empty() && !self.is_empty() {
            let ids = lacking.iter().map(|&at| chain.revisions()[at].id.to_string()).collect();
            return Err(BesideError::Lacks { tool: self.tool, table: self.table.clone(), ids });
        }
        let mut rows = ours.to_vec();
        let row = |id: &str, depth: usize, checksum: String, description: &str| Recorded {
            id: id.to_owned(),
            depth: i64::try_from(depth).unwrap_or(i64::MAX),
            checksum,
            begun: None,
            origin: Origin {
                description: description.to_owned(),
                kind: "applied".to_owned(),
                applied_by: self.tool.name().to_owned(),
                application: self.table.to_string(),
                ..Origin::default()
            },
        };
        for &at in &self.applied.known {
            let revision = &chain.revisions()[at];
            if !rows.iter().any(|row| row.id == revision.id.as_str() && holds(revision, row)) {
                rows.retain(|row| row.id != revision.id.as_str());
                rows.push(row(revision.id.as_str(), at + 1, revision.checksum(), &revision.description));
            }
        }
        let deepest = rows.iter().map(|row| row.depth).max().unwrap_or(0);
        let deepest = usize::try_from(deepest).unwrap_or(0).max(chain.len());
        for (count, (id, is_behind)) in self.applied.unknown.iter().enumerate() {
            if !rows.iter().any(|row| row.id == *id || (is_number(id) && by_number(&row.id) == by_number(id))) {
                rows.push(row(id, if *is_behind { deepest + 1 + count } else { 0 }, String::new(), ""));
            }
        }
        rows.sort_by_key(|row| row.depth);
        Ok(rows)
    }

    /// What ours has and the tool's lacks. A script that repeats and has changed is applied anew by either.
    fn lacking(&self, chain: &Chain, ours: &[Recorded]) -> Vec<usize> {
        let done: HashMap<&str, &Recorded> =
            ours.iter().filter(|row| row.is_done()).map(|row| (row.id.as_str(), row)).collect();
        let is_lacking = |&at: &usize| {
            let revision = &chain.revisions()[at];
            done.contains_key(revision.id.as_str()) && !self.applied.known.contains(&at) && !revision.manner.repeats
        };
        (0..chain.len()).filter(is_lacking).collect()
    }

    /// The revisions that the tool has and ours has not yet, as depths from 1.
    pub fn to_record(&self, chain: &Chain, ours: &[Recorded]) -> Vec<usize> {
        let is_ours = |at: usize| {
            let revision = &chain.revisions()[at];
            ours.iter().any(|row| row.id == revision.id.as_str() && holds(revision, row))
        };
        self.applied.known.iter().filter(|&&at| !is_ours(at)).map(|at| at + 1).collect()
    }

    /// The SQL that makes the tool's history, with what ours has, where there is none yet.
    pub fn making(&self, chain: &Chain, ours: &[Recorded]) -> Option<String> {
        let lacking = self.lacking(chain, ours);
        if self.is_there && lacking.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        if !self.schema_is_there {
            parts.push(format!("CREATE SCHEMA IF NOT EXISTS {}", quote_ident(&self.table.schema)));
        }
        if !self.is_there {
            let create = self.its.create().replace("{table}", &self.table.quoted());
            parts.push(create.replace("{name}", &self.table.name.replace('"', "\"\"")));
        }
        parts.extend(lacking.iter().map(|&at| self.record(&chain.revisions()[at])));
        Some(parts.join("; "))
    }

    /// Records a revision as the tool would; in the revision's own transaction.
    pub fn record(&self, revision: &Revision) -> String {
        self.its.record(&self.table.quoted(), revision)
    }

    /// Forgets a revision that is taken back, by its index in the chain.
    pub fn forget(&self, chain: &Chain, at: usize) -> String {
        self.its.forget(&self.table.quoted(), chain, at)
    }

    /// The keys of the advisory locks that the tool works under, in this database.
    pub fn locks(&self, database: &str) -> Vec<i64> {
        self.its.locks(&self.table, database)
    }
}

/// True where our row says all that there is to say: a script that repeats may have run again.
fn holds(revision: &Revision, row: &Recorded) -> bool {
    row.is_done() && (!revision.manner.repeats || revision.has_checksum(&row.checksum))
}

/// What a table of a tool's is not believed for, with the setting that names another.
pub fn of_tool(tool: Tool, error: HistoryError) -> crate::failure::Failure {
    let is_shape =
        matches!(&error, HistoryError::Untrusted { wrong, .. } if matches!(wrong.as_slice(), [Distrust::Hidden]));
    let mut failure = crate::failure::Failure::from(error);
    if !is_shape {
        failure.next =
            failure.next.replace("LOCKGATE_HISTORY_TABLE", &format!("LOCKGATE_COEXIST={}:SCHEMA.TABLE", tool.word()));
    }
    failure
}

fn is_number(version: &str) -> bool {
    version.bytes().all(|byte| byte.is_ascii_digit())
}

/// The places of a chain's revisions by their whole numbers.
fn places_by_number(chain: &Chain) -> HashMap<(usize, &str), usize> {
    chain.revisions().iter().enumerate().map(|(at, revision)| (by_number(revision.id.as_str()), at)).collect()
}

/// The revisions of a chain under versions that are whole numbers.
fn by_numbers<'v>(chain: &Chain, versions: impl Iterator<Item = &'v str>) -> Applied {
    let places = places_by_number(chain);
    let head = by_number(chain.head().id.as_str());
    let mut applied = Applied::default();
    for version in versions {
        match places.get(&by_number(version)) {
            Some(&at) => applied.known.push(at),
            None => applied.unknown.push((version.to_owned(), by_number(version) > head)),
        }
    }
    applied.known.sort_unstable();
    applied.known.dedup();
    applied
}

/// The same of rows that each begin with a version, or with its file, where nothing is wrong with one: with its checksum, or how it ended.
///
/// # Errors
/// All that is wrong, a line each.
fn by_checked_numbers<'r>(
    chain: &Chain,
    rows: &[Row<'r>],
    wrong: impl Fn(&Revision, Row<'r>) -> Option<String>,
) -> Result<Applied, Vec<String>> {
    let places = places_by_number(chain);
    let version = |row: Row<'r>| text(row, 0).map(|version| version.trim_end_matches(".sql"));
    let of_row = |row: &Row<'r>| {
        let at = *places.get(&by_number(version(row)?))?;
        wrong(&chain.revisions()[at], row)
    };
    let lines: Vec<String> = rows.iter().filter_map(of_row).collect();
    if lines.is_empty() { Ok(by_numbers(chain, rows.iter().filter_map(|row| version(row)))) } else { Err(lines) }
}

/// The revisions of a chain that is sorted by name.
fn by_names<'v>(chain: &Chain, names: impl Iterator<Item = &'v str>) -> Applied {
    let mut applied = Applied::default();
    for name in names {
        match chain.depth(name) {
            Some(depth) => applied.known.push(depth - 1),
            None => applied.unknown.push((name.to_owned(), name > chain.head().id.as_str())),
        }
    }
    applied.known.sort_unstable();
    applied
}

/// The first value of each row.
fn firsts<'r>(rows: &[Row<'r>]) -> impl Iterator<Item = &'r str> {
    rows.iter().filter_map(|row| text(row, 0))
}

fn text<'r>(row: Row<'r>, at: usize) -> Option<&'r str> {
    row.get(at).and_then(Option::as_deref)
}

/// Takes away the row whose column has a revision's id.
fn delete(table: &str, column: &str, revision: &Revision) -> String {
    format!("DELETE FROM {table} WHERE {column} = {}", quote_literal(revision.id.as_str()))
}

/// A version that is a whole number, as SQL.
fn number(revision: &Revision) -> String {
    format!("{}::pg_catalog.int8", by_number(revision.id.as_str()).1)
}
