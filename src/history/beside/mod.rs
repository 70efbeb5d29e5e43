//! The histories of other tools, read and kept beside ours: a file for each. A chain in a tool's layout can then be applied by
//! either.

mod alembic;
mod applied;
mod atlas;
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
mod table;

pub use error::BesideError;
pub use found::{Beside, MOVED_SQLSTATE};

use applied::Row;
use table::Table;

use super::inquiry::{Look, Read, Told, version_inquiry};
use super::{Distrust, HistoryError, Trusted};
use crate::chain::Chain;
use crate::config::{HistoryTable, Migrator, TheirHistory, Tool, tools};
use crate::connect::{Answer, Message, SessionError};

macro_rules! histories {
    ($($tool:ident $module:ident $word:literal $name:literal $history:ident;)*) => {
        /// None if its history is not known here.
        fn of(migrator: Migrator) -> Option<&'static dyn Table> {
            match migrator {
                Migrator::Alembic => Some(&alembic::Alembic),
                Migrator::Program(_) => None,
                $(Migrator::Tool(Tool::$tool) => histories!($history $module $tool),)*
            }
        }
    };
    (history $module:ident $tool:ident) => { Some(&$module::$tool) };
    (no_history $module:ident $tool:ident) => { None };
}

tools!(histories);

/// The place of a tool's history.
#[derive(Clone)]
pub struct Place {
    pub tool: Migrator,
    its: &'static dyn Table,
    table: HistoryTable,
    /// True if the user named the table.
    is_named: bool,
}

impl Place {
    /// The table that the user named, otherwise the tool's default; none if the tool's history is not known here.
    pub fn of(theirs: &TheirHistory) -> Option<Self> {
        let its = of(theirs.migrator)?;
        let (schema, name) = its.home();
        let usual = || HistoryTable { schema: schema.map(str::to_owned), name: name.to_owned() };
        let (table, is_named) = (theirs.table.clone().unwrap_or_else(usual), theirs.table.is_some());
        Some(Self { tool: theirs.migrator, its, table, is_named })
    }

    /// The question for the columns of the table.
    pub fn columns_question(&self) -> Message<'static> {
        version_inquiry(&self.table, Look::Full, &[Read::Columns])
    }

    /// The question for its rows, once it is known to be the tool's.
    pub fn rows_question(&self) -> Message<'static> {
        let (values, rest) = self.its.read();
        let mut reads = vec![Read::Tool { values, rest }];
        reads.extend(self.its.is_authority().then_some(Read::Width));
        version_inquiry(&self.table, Look::Full, &reads)
    }

    /// Reads an answer about a trusted table.
    ///
    /// # Errors
    /// Outer: the connection broke. Inner: the table is not trusted or cannot be read.
    pub fn told(&self, trusted: Trusted<'_>, answer: Answer) -> Result<Result<Told, HistoryError>, SessionError> {
        Told::read(&self.table, trusted, answer)
    }

    /// True if the columns are those of the tool's history; false if the table is missing.
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

    /// Reads the rows for a chain; no answer means that the table is missing.
    ///
    /// # Errors
    /// The tool itself would stop at some rows, or other roles may create triggers on the table.
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

/// The default name of a tool's history; none if it is not known here.
pub fn usual(tool: Migrator) -> Option<&'static str> {
    of(tool).map(|its| its.home().1)
}

/// The failure of an untrusted table of a tool, with the setting that names another.
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
