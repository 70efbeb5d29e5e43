//! The one message that asks for the server's state, inspects the history and reads it, and its answer.
//!
//! A role that may create objects in a schema may take the history's name first: with a view, a policy or a column whose
//! functions would run as the gate, or with rows that open the gate on an empty database. The table is therefore inspected,
//! locked, inspected again, and only then read, all in one message, which is one transaction and one round trip.

use serde::Deserialize;

use super::summary::{self, Prefix};
use super::{HistoryError, Terms, Trusted, access, trust, unreadable};
use crate::config::HistoryTable;
use crate::connect::{Answer, Message, Row, SessionError, message};
use crate::pg::membership::MEMBERS;
use crate::pg::name::{QualifiedName, quote_array, quote_ident, quote_literal};

const FIND: &str = include_str!("find.sql");
const SERVER: &str = include_str!("server.sql");
const QUICK: &str = include_str!("quick.sql");
const FULL: &str = include_str!("full.sql");
const GUARD: &str = include_str!("guard.sql");
const TERMS: &str = include_str!("terms.sql");
const WIDTH: &str = include_str!("width.sql");
const COLUMNS: &str = include_str!("columns.sql");
/// A table that the path finds in another schema is another history.
const ONLY_ITS_SCHEMA: &str = "SELECT WHERE pg_catalog.set_config('search_path', \
    pg_catalog.concat(pg_catalog.quote_ident(pg_catalog.current_setting('lockgate.schema')), ', pg_temp'), true) IS NULL";

/// The schema of the table that the path finds, by functions alone.
const IN_PATH: &str = "coalesce((pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, \
    pg_catalog.to_regclass({name})::pg_catalog.oid, 0)).schema, pg_catalog.current_schema()::pg_catalog.text)";

/// The part of the history that a message reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// Enough to recognize a chain of this length at head.
    Summary(usize),
    Rows,
    /// The rows, unless they are exactly this prefix: then no row is read.
    RowsUnless(Prefix),
    /// The optional statements that were skipped.
    Skipped,
    /// The differences with which revisions were adopted.
    Drift,
    Lines,
    /// The rows of a table of events.
    Events,
    LastFailure,
    /// The rows of another tool's version table, which has one column.
    Versions,
    /// The longest value of that column, in characters; null if nothing limits it.
    Width,
    /// The names of the table's columns.
    Columns,
    /// Values of the rows `h` of another tool's history, and the rest of the query.
    Tool {
        values: &'static str,
        rest: &'static str,
    },
}

/// The thoroughness of the inspection before the table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The cheapest inspection for a start at head. If it is inconclusive, the table is not read ([`Told::is_unclear`]).
    Quick,
    Full,
}

/// The privileges that a run needs on the history; none if nothing is to be written.
pub type Privileges<'a> = Option<&'a [&'a str]>;

/// Asks for the server's state and reads the history. Read-only and without session state: it works behind any pooler.
pub fn inquiry(table: &HistoryTable, look: Look, reads: &[Read], privileges: Privileges<'_>) -> Message<'static> {
    ask(table, Home::Current, look, reads, privileges)
}

/// As [`inquiry`], for another tool's version table: without a schema it is the one that the path finds, as for the tool itself.
pub fn version_inquiry(table: &HistoryTable, look: Look, reads: &[Read]) -> Message<'static> {
    ask(table, Home::Path, look, reads, None)
}

/// The schema of a table that is named without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    /// Only `current_schema()`.
    Current,
    /// The schema in which the path finds it; otherwise `current_schema()`.
    Path,
}

fn ask(table: &HistoryTable, home: Home, look: Look, reads: &[Read], privileges: Privileges<'_>) -> Message<'static> {
    let name = quote_literal(&quote_ident(&table.name));
    let (schema, place) = match (&table.schema, home) {
        (Some(schema), _) => (quote_literal(schema), table.within(schema.as_str()).quoted()),
        (None, Home::Current) => ("pg_catalog.current_schema()::pg_catalog.text".to_owned(), quote_ident(&table.name)),
        (None, Home::Path) => (IN_PATH.replace("{name}", &name), quote_ident(&table.name)),
    };
    let look = match look {
        Look::Quick => QUICK,
        Look::Full => FULL,
    };
    let server = SERVER
        .replace("{look}", look)
        .replace("{members}", MEMBERS)
        .replace("{is_looked_for}", if table.schema.is_none() && home == Home::Current { "true" } else { "false" })
        .replace("{table}", &quote_literal(&table.name));
    let mut parts = vec![
        FIND.replace("{schema}", &schema).replace("{name}", &name),
        message::PATH.to_owned(),
        each_writers(&server),
    ];
    if let Some(privileges) = privileges {
        let terms = TERMS
            .replace("{privileges}", &quote_array(privileges.iter().copied()))
            .replace("{path}", &message::along("current_schemas(false)"))
            .replace("{table}", &quote_literal(&table.name));
        parts.extend([terms, message::PATH.to_owned()]);
    }
    if table.schema.is_none() {
        parts.push(ONLY_ITS_SCHEMA.to_owned());
    }
    parts.extend([
        format!("LOCK TABLE ONLY {place} IN ACCESS SHARE MODE"),
        GUARD.replace("{name}", &quote_literal(&place)),
    ]);
    parts.extend(reads.iter().map(|read| read.sql(&place)));
    Message::finding(parts.join("; "))
}

/// `{writers:…}`: the roles other than the owner, superusers and this role that have one of these privileges on the table.
fn each_writers(sql: &str) -> String {
    let mut parts = sql.split("{writers:");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (privileges, rest) = part.split_once('}').unwrap_or((part, ""));
        text += &format!(
            "(SELECT json_agg(DISTINCT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee)::text END) \
             FROM aclexplode(c.relacl) AS x WHERE x.privilege_type IN ({privileges}) AND x.grantee <> c.relowner \
             AND CASE x.grantee WHEN 0 THEN true ELSE x.grantee <> quote_ident(current_user)::regrole \
             AND NOT pg_has_role(x.grantee, 10::oid, 'MEMBER') END){rest}"
        );
    }
    text
}

impl Read {
    fn tag(self) -> &'static str {
        match self {
            Self::Summary(_) => "summary",
            Self::Rows | Self::RowsUnless(_) => "row",
            Self::Skipped => "skipped",
            Self::Drift => "drift",
            Self::Lines => "line",
            Self::Events => "event",
            Self::LastFailure => "failure",
            Self::Versions => "version",
            Self::Width => "width",
            Self::Columns => "columns",
            Self::Tool { .. } => "tool",
        }
    }

    fn sql(self, place: &str) -> String {
        if self == Self::Width {
            return WIDTH.replace("{name}", &quote_literal(place));
        }
        if self == Self::Columns {
            return COLUMNS.replace("{name}", &quote_literal(place));
        }
        let columns = match self {
            Self::Summary(depth) => summary::columns(depth),
            Self::Rows | Self::RowsUnless(_) => super::ROW.to_owned(),
            Self::Skipped => summary::SKIPPED.to_owned(),
            Self::Drift => summary::DRIFT.to_owned(),
            Self::Lines => super::lines::COLUMNS.to_owned(),
            Self::Events | Self::LastFailure => super::events::COLUMNS.to_owned(),
            Self::Versions | Self::Width | Self::Columns => "h.version_num::pg_catalog.text".to_owned(),
            Self::Tool { values, .. } => values.to_owned(),
        };
        let unless;
        let rest = match self {
            Self::Summary(_) | Self::Skipped | Self::Drift | Self::Versions | Self::Width | Self::Columns => "",
            Self::Tool { rest, .. } => rest,
            Self::Rows | Self::Lines => " ORDER BY h.depth, h.revision",
            Self::RowsUnless(prefix) => {
                unless = format!(" WHERE {} ORDER BY h.depth, h.revision", summary::others_than(prefix, place));
                &unless
            }
            Self::Events => " ORDER BY h.last_at DESC, h.id DESC",
            Self::LastFailure => {
                " WHERE h.what OPERATOR(pg_catalog.=) 'failed'::pg_catalog.text ORDER BY h.last_at DESC, h.id DESC LIMIT 1"
            }
        };
        format!("SELECT '{}', {columns} FROM ONLY {place} h{rest}", self.tag())
    }
}

/// The result of inspecting a table before it is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Looked {
    /// pg_class.relkind.
    pub kind: char,
    pub owner: String,
    /// The reason to trust the owner, other than the setting.
    pub trust: Option<Trust>,
    /// True if row security applies to this role.
    pub is_secured: bool,
    /// True if every policy for reading allows every row; none without row security.
    pub is_open: Option<bool>,
    pub triggers: Option<Vec<String>>,
    pub rules: Option<Vec<String>>,
    /// True if it inherits or is inherited from.
    pub has_relatives: bool,
    /// Columns whose types are not built in.
    pub columns: Option<Vec<String>>,
    /// The other roles that may write rows.
    pub writers: Option<Vec<String>>,
    /// The other roles that may create a trigger on it.
    pub setters: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The owner is the gate's role.
    Role,
    Superuser,
    /// The owner owns the database.
    Database,
    /// The gate's role is a member of it.
    Member,
}

/// The state of the server and of the history's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerState {
    /// In recovery, or read-only by the server's settings: nothing can be written here.
    pub read_only: bool,
    /// The history's table, as this connection resolves it.
    pub history: QualifiedName,
    pub schema_is_there: bool,
    /// The existing table; none if it is missing.
    pub looked: Option<Looked>,
    /// The session's role: the one that lacks a privilege.
    pub role: String,
}

/// The answer to [`inquiry`].
#[derive(Debug)]
pub struct Told {
    pub state: ServerState,
    /// The warnings about a history that is trusted nevertheless.
    pub warnings: Vec<String>,
    terms: Option<Row>,
    rows: Vec<Row>,
}

impl Told {
    /// True if a quick inspection was inconclusive: a full one has to follow.
    pub fn is_unclear(answer: &Answer) -> bool {
        let server = answer.rows.iter().find(|row| row.first().and_then(Option::as_deref) == Some("server"));
        let column = |at: usize| server.and_then(|row| row.get(at)?.as_deref());
        column(9) == Some("t") || column(10).is_some_and(|acl| !trust::is_for_readers(acl))
    }

    /// Reads the answer.
    ///
    /// # Errors
    /// Outer: the connection broke, or the server refused a query that needs no table. Inner: the history has no place, is not
    /// trusted, or cannot be read.
    pub fn read(
        table: &HistoryTable,
        trusted: Trusted<'_>,
        answer: Answer,
    ) -> Result<Result<Self, HistoryError>, SessionError> {
        let Answer { rows, end } = answer;
        let is = |row: &Row, tag: &str| row.first().and_then(Option::as_deref) == Some(tag);
        let Some(server) = rows.iter().find(|row| is(row, "server")) else {
            end?;
            return Err(SessionError::Lost("the question was not answered".to_owned()));
        };
        let believed = ServerState::of(table, server).and_then(|state| Ok((state.believed(trusted)?, state)));
        let (warnings, state) = match believed {
            Ok(believed) => believed,
            Err(error) => return Ok(Err(error)),
        };
        let terms = rows.iter().find(|row| is(row, "terms")).cloned();
        match end {
            Ok(()) => {}
            Err(SessionError::Server(error)) if super::is_absent(&error) => {}
            // The table changed since it was inspected a moment ago.
            Err(SessionError::Server(error)) if error.sqlstate == "22012" => {
                return Err(SessionError::Lost("the history changed while it was read".to_owned()));
            }
            Err(SessionError::Server(error)) => return Ok(Err(unreadable(&state, error))),
            Err(lost) => return Err(lost),
        }
        Ok(Ok(Self { state, warnings, terms, rows }))
    }

    /// The rows of a read, without their tag.
    pub fn rows_of(&self, read: Read) -> impl Iterator<Item = &[Option<String>]> {
        let tag = read.tag();
        self.rows.iter().filter_map(move |row| {
            let (first, rest) = row.split_first()?;
            (first.as_deref() == Some(tag)).then_some(rest)
        })
    }

    /// The conditions for writing to the history, if the message asked for them.
    pub fn terms(&self) -> Terms {
        self.terms
            .as_ref()
            .map(|row| access::terms(&self.state.history, &self.state.role, &row[1..]))
            .unwrap_or_default()
    }
}

impl ServerState {
    fn of(table: &HistoryTable, row: &Row) -> Result<Self, HistoryError> {
        let column = |at: usize| row.get(at).and_then(Option::as_deref);
        let Some(schema) = column(3) else {
            return Err(HistoryError::NoSchema { search_path: column(6).unwrap_or_default().to_owned() });
        };
        let history = table.within(schema);
        let looked = column(7).map(serde_json::from_str).transpose();
        let looked = looked.map_err(|_| HistoryError::Row { table: history.to_string(), revision: None })?;
        Ok(Self {
            read_only: column(1) == Some("t") || column(2) == Some("t"),
            history,
            schema_is_there: column(4) == Some("t"),
            looked,
            role: column(5).unwrap_or_default().to_owned(),
        })
    }
}
