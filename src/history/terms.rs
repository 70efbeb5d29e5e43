//! On what terms the history can be written here: the role's rights on it, and other histories of its name.

use std::collections::HashMap;

use super::{reading, within};
use crate::chain::Chain;
use crate::config::HistoryTable;
use crate::connect::{Row, Session, SessionError};
use crate::pg::name::{QualifiedName, quote_array, quote_ident};

const TERMS: &str = include_str!("terms.sql");

/// What a run has to know of the history before it writes to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What the role lacks, in words, and the SQL that grants it.
    pub lacking: Option<(String, String)>,
    /// Other schemas that hold a table of the history's name.
    elsewhere: Vec<String>,
    /// The schema is the current one only because it has the role's name (`"$user"` in the path).
    pub is_by_chance: bool,
}

/// Another history, with revisions of this chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub table: QualifiedName,
    /// How many revisions of this chain it has.
    pub revisions: usize,
}

/// Asks for the privileges that a run needs on the table, and for what [`Terms`] holds beside them.
pub fn terms_question(table: &HistoryTable, privileges: &[&str]) -> String {
    within(table, TERMS).replace("{privileges}", &quote_array(privileges.iter().copied()))
}

/// Reads the answer to [`terms_question`].
///
/// # Errors
/// The connection broke, or the server refused the question.
pub fn terms(table: &QualifiedName, role: &str, answer: Result<Vec<Row>, SessionError>) -> Result<Terms, SessionError> {
    let rows = answer?;
    let column = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Option::as_deref);
    let list =
        |at: usize| column(at).and_then(|text| serde_json::from_str::<Vec<String>>(text).ok()).unwrap_or_default();
    let (schema, to) = (quote_ident(&table.schema), quote_ident(role));
    let missing = list(0).join(", ");
    let lacking = if column(2) == Some("t") {
        let database = quote_ident(column(4).unwrap_or_default());
        Some((
            format!("{role} may not create schema {}", table.schema),
            format!("GRANT CREATE ON DATABASE {database} TO {to};"),
        ))
    } else if column(1) == Some("t") {
        Some((
            format!("{role} may not create in schema {}", table.schema),
            format!("GRANT CREATE ON SCHEMA {schema} TO {to};"),
        ))
    } else if !missing.is_empty() {
        Some((format!("{role} lacks {missing} on {table}"), format!("GRANT {missing} ON {} TO {to};", table.quoted())))
    } else {
        None
    };
    Ok(Terms { lacking, elsewhere: list(3), is_by_chance: column(5) == Some("t") })
}

impl Terms {
    /// The other histories that hold revisions of this chain, by id and checksum. One that cannot be read is passed over.
    pub async fn elsewhere(&self, session: &Session, table: &HistoryTable, chain: &Chain) -> Vec<Elsewhere> {
        let mut found = Vec::new();
        for schema in &self.elsewhere {
            let other = HistoryTable { schema: Some(schema.clone()), name: table.name.clone() };
            let question = reading(&other, |table| format!("SELECT revision, checksum FROM {table}"));
            let Ok(rows) = session.send(&question).await.rows().await else { continue };
            let recorded: HashMap<String, String> = rows.into_iter().filter_map(pair).collect();
            let is_ours = |revision: &&crate::chain::Revision| {
                recorded.get(revision.id.as_str()).is_some_and(|recorded| revision.has_checksum(recorded))
            };
            let revisions = chain.revisions().iter().filter(is_ours).count();
            if revisions > 0 {
                found.push(Elsewhere { table: table.within(schema.as_str()), revisions });
            }
        }
        found
    }
}

fn pair(row: Row) -> Option<(String, String)> {
    let mut columns = row.into_iter();
    Some((columns.next()??, columns.next()??))
}
