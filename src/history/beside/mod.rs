//! The histories of other tools, read and kept beside ours: a file for each. A chain in a tool's layout can then be applied by either.

mod alembic;
mod crc32;
mod dbmate;
mod diesel;
mod drizzle;
mod error;
mod flyway;
mod found;
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

pub use error::BesideError;
pub use found::{Beside, MOVED_SQLSTATE};

use super::inquiry::{Look, Read, Told, version_inquiry};
use super::{Distrust, HistoryError, Trusted};
use crate::chain::revision::by_number;
use crate::chain::{Chain, Revision};
use crate::config::{HistoryTable, Migrator, TheirHistory, Tool};
use crate::connect::{Answer, Message, SessionError};
use crate::pg::name::{QualifiedName, quote_literal};

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

    /// The same for this table and this chain.
    fn made(&self, table: &QualifiedName, _: &Chain) -> String {
        let create = self.create().replace("{table}", &table.quoted());
        create.replace("{name}", &table.name.replace('"', "\"\""))
    }

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

    /// True where it says what is applied, and ours tells of that alone: what it lacks is not applied any more.
    fn is_authority(&self) -> bool {
        false
    }

    /// The change from these applied revisions to those, where its rows stand for a set and not for single revisions.
    fn change(&self, _table: &str, _: &Chain, _before: &[usize], _after: &[usize]) -> Option<String> {
        None
    }

    /// Fails where it does not say that these revisions are applied, and keeps others from changing it until the transaction ends.
    fn guard(&self, _table: &str, _: &Chain, _applied: &[usize]) -> Option<String> {
        None
    }

    /// The keys of the advisory locks that the tool works under.
    fn locks(&self, _: &QualifiedName, _database: &str) -> Vec<i64> {
        Vec::new()
    }
}

/// None where its history is not known here.
fn of(migrator: Migrator) -> Option<&'static dyn Table> {
    let Migrator::Tool(tool) = migrator else { return Some(&alembic::Alembic) };
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
    /// True where nobody can tell what else is applied: behind an unknown row there may be anything.
    is_least: bool,
    /// Rows that say nothing beside the others, by the indexes of their revisions.
    spare: Vec<usize>,
}

/// The place of a tool's history.
#[derive(Clone)]
pub struct Place {
    pub tool: Migrator,
    its: &'static dyn Table,
    table: HistoryTable,
    /// Somebody named the table.
    is_named: bool,
}

impl Place {
    /// The table that somebody named, else where the tool has it; none where the tool's history is not known here.
    pub fn of(theirs: &TheirHistory) -> Option<Self> {
        let its = of(theirs.migrator)?;
        let (schema, name) = its.home();
        let usual = || HistoryTable { schema: schema.map(str::to_owned), name: name.to_owned() };
        let (table, is_named) = (theirs.table.clone().unwrap_or_else(usual), theirs.table.is_some());
        Some(Self { tool: theirs.migrator, its, table, is_named })
    }

    /// Asks for the columns of the table.
    pub fn columns_question(&self) -> Message<'static> {
        version_inquiry(&self.table, Look::Full, &[Read::Columns])
    }

    /// Asks for its rows, once it is known to be the tool's.
    pub fn rows_question(&self) -> Message<'static> {
        let (values, rest) = self.its.read();
        let mut reads = vec![Read::Tool { values, rest }];
        reads.extend(self.its.is_authority().then_some(Read::Width));
        version_inquiry(&self.table, Look::Full, &reads)
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
        let applied = match chain.layout().map(Migrator::Tool) == Some(self.tool) {
            true => self.its.standing(chain, &read),
            false => self.its.standing_of_native(chain, &read),
        };
        let applied = applied.map_err(|lines| BesideError::Stops { tool: self.tool, table: table.clone(), lines })?;
        Ok(Beside {
            tool: self.tool,
            its: self.its,
            table,
            is_there: rows.is_some(),
            is_named: self.is_named,
            schema_is_there: columns.state.schema_is_there,
            width: rows.and_then(Told::width),
            applied,
        })
    }
}

/// What a table of a tool's is not believed for, with the setting that names another.
pub fn of_tool(tool: Migrator, error: HistoryError) -> crate::failure::Failure {
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
