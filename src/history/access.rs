//! The conditions for writing to the history here: the role's rights on it, and other histories of its name.

use std::collections::HashMap;

use super::Trusted;
use super::inquiry::{Look, Read, Told, inquiry};
use crate::chain::Chain;
use crate::config::HistoryTable;
use crate::connect::Session;
use crate::pg::name::{QualifiedName, quote_ident};

/// The conditions that a run has to know before it writes to the history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The missing right in words, and the SQL that grants it.
    pub lacking: Option<(String, String)>,
    /// Other schemas with a table of the history's name.
    elsewhere: Vec<String>,
    /// True if the schema is the current one only because it has the role's name (`"$user"` in the path).
    pub is_by_chance: bool,
}

/// Another history, with revisions of this chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    pub table: QualifiedName,
    /// The number of this chain's revisions in it.
    pub revisions: usize,
}

/// Reads the row of the conditions, without its tag.
pub(super) fn terms(table: &QualifiedName, role: &str, row: &[Option<String>]) -> Terms {
    let column = |at: usize| row.get(at).and_then(Option::as_deref);
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
    Terms { lacking, elsewhere: list(3), is_by_chance: column(5) == Some("t") }
}

impl Terms {
    /// The other histories with revisions of this chain, compared by id and checksum. An unreadable one is skipped.
    pub async fn elsewhere(&self, session: &Session, table: &HistoryTable, chain: &Chain) -> Vec<Elsewhere> {
        let mut found = Vec::new();
        for schema in &self.elsewhere {
            let other = HistoryTable { schema: Some(schema.clone()), name: table.name.clone() };
            let answer = session.send(&inquiry(&other, Look::Full, &[Read::Rows], None)).await.answer().await;
            let trusted = Trusted { owners: &[], only_reads: false };
            let Ok(Ok(told)) = Told::read(&other, trusted, answer) else { continue };
            let Ok(rows) = told.recorded() else { continue };
            let recorded: HashMap<String, String> = rows.into_iter().map(|row| (row.id, row.checksum)).collect();
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
