//! A table, and those of its rows that block a statement.

use super::no_answer::Untold;
use super::probe::Probe;
use super::words::{self, LONGEST, MOST};
use crate::connect::{Row, ServerError, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Named, written};

/// A table, and the columns that identify its rows.
pub struct Relation {
    /// The name in SQL, quoted, including children and partitions.
    pub sql: String,
    /// The relation in SQL without the rows of children: a foreign key or an index does not include them.
    pub own: String,
    /// The name in messages, with its schema if the search_path leads elsewhere.
    pub shown: String,
    pub name: String,
    /// The columns of its primary key, in order; empty without one.
    pub key: Vec<String>,
    pub columns: Vec<String>,
    pub has_children: bool,
}

/// Rows that block a statement.
pub struct Offenders {
    /// None if counting them took too long.
    pub count: Option<u64>,
    /// The values of the key and of the requested columns, for each row that is shown.
    pub shown: Vec<Offender>,
}

pub struct Offender {
    pub key: Vec<Option<String>>,
    pub values: Vec<Option<String>>,
}

const COLUMNS: &str = include_str!("relation.sql");

impl Probe<'_> {
    /// Reads a table from the catalog.
    ///
    /// # Errors
    /// The relation does not exist, or has no rows of its own.
    pub async fn relation(&self, table: &Named) -> Result<Relation, Untold> {
        let sql = sql_of(table);
        let is_visible = message::along(&format!("pg_table_is_visible(to_regclass({}))", quote_literal(&sql)));
        let question =
            COLUMNS.replace("{is_visible}", &is_visible).replace("{table}", &message::resolved(&quote_literal(&sql)));
        let rows = self.of_catalog(&question).await?;
        let is = |row: &Row, at: usize| row.get(at).and_then(Option::as_deref) == Some("t");
        let first = rows.first().ok_or_else(|| Untold::Missing(shown(table)))?;
        if !is(first, 3) {
            return Err(Untold::Elsewhere(shown(table)));
        }
        let own = if is(first, 4) { sql.clone() } else { format!("ONLY {sql}") };
        let shown = if is(first, 2) { written(&table.name) } else { shown(table) };
        let has_children = is(first, 5);
        let named = |row: &Row| row.first().cloned().flatten();
        let key = rows.iter().filter(|row| is(row, 1)).filter_map(named).collect();
        let columns = rows.iter().filter_map(named).collect();
        Ok(Relation { sql, own, shown, name: table.name.clone(), key, columns, has_children })
    }

    /// The rows of a table that satisfy a condition; none if there are none. `from` is the one of its two names to use, `columns`
    /// are SQL.
    ///
    /// # Errors
    /// The query fails, or must not run.
    pub async fn offenders(
        &self,
        (relation, from): (&Relation, &str),
        condition: &str,
        columns: &[String],
    ) -> Result<Option<Offenders>, Untold> {
        let key: Vec<String> = relation.key.iter().map(|column| quote_ident(column)).collect();
        let texts: Vec<String> = key.iter().chain(columns).map(|column| text(column)).collect();
        let texts = if texts.is_empty() { "1".to_owned() } else { texts.join(", ") };
        let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
        let from = format!("FROM {from} WHERE {condition}");
        let shown = self.rows(&format!("SELECT {texts} {from}{order} LIMIT {MOST}")).await?;
        if shown.is_empty() {
            return Ok(None);
        }
        let count = match shown.len() {
            few if few < MOST => u64::try_from(few).ok(),
            _ => {
                let count = self.rows(&format!("SELECT pg_catalog.count(*) {from}")).await;
                count.ok().and_then(|rows| rows.first()?.first()?.as_deref()?.parse().ok())
            }
        };
        let split = |mut row: Row| {
            let values = row.split_off(key.len().min(row.len()));
            Offender { key: row, values }
        };
        Ok(Some(Offenders { count, shown: shown.into_iter().map(split).collect() }))
    }

    /// True if a table has a row.
    ///
    /// # Errors
    /// The query fails, or must not run.
    pub async fn has_rows(&self, relation: &Relation) -> Result<bool, Untold> {
        Ok(!self.rows(&format!("SELECT 1 FROM {} LIMIT 1", relation.sql)).await?.is_empty())
    }
}

/// The part of a value that a sentence shows, and one more character if the value is longer.
pub fn text(expression: &str) -> String {
    format!("pg_catalog.left(({expression})::pg_catalog.text, {})", LONGEST + 1)
}

/// The relation that an error names, in the statement's spelling if it is the same.
pub fn table_of(error: &ServerError, stated: Option<&Named>) -> Option<Named> {
    match (stated, &error.table) {
        (Some(stated), Some(table)) if stated.name == *table => Some(stated.clone()),
        (_, Some(table)) => Some(Named { schema: error.schema.clone(), name: table.clone() }),
        (stated, None) => stated.cloned(),
    }
}

/// A name in SQL.
pub fn sql_of(named: &Named) -> String {
    match &named.schema {
        Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&named.name)),
        None => quote_ident(&named.name),
    }
}

/// A name in messages.
pub fn shown(named: &Named) -> String {
    match &named.schema {
        Some(schema) => format!("{}.{}", written(schema), written(&named.name)),
        None => written(&named.name),
    }
}

/// Names in messages.
pub fn all_written(names: &[String]) -> Vec<String> {
    names.iter().map(|name| written(name)).collect()
}

impl Offenders {
    /// ` (id 4, 7, 9)`; empty if no key identifies the rows.
    pub fn keys(&self, relation: &Relation) -> String {
        let columns = all_written(&relation.key);
        let one = |offender: &Offender| match offender.key.as_slice() {
            [key] => words::value(key.as_deref()),
            key => words::tuple(key),
        };
        let listed = words::list(&self.shown.iter().map(one).collect::<Vec<_>>(), self.count);
        match columns.as_slice() {
            [] => String::new(),
            [column] => format!(" ({column} {listed})"),
            columns => format!(" (({}) {listed})", columns.join(", ")),
        }
    }

    /// `: id 5 (user_id 99), id 6 (user_id 98)`; without a key, only the values.
    pub fn rows(&self, relation: &Relation, columns: &[String]) -> String {
        let key = all_written(&relation.key);
        let columns = all_written(columns);
        let one = |offender: &Offender| {
            let values = columns.iter().zip(&offender.values);
            let values = values.map(|(column, value)| format!("{column} {}", words::value(value.as_deref())));
            let values = values.collect::<Vec<_>>().join(", ");
            match (words::named(&key, &offender.key), values.is_empty()) {
                (key, true) => key,
                (key, false) if key.is_empty() => format!("({values})"),
                (key, false) => format!("{key} ({values})"),
            }
        };
        let shown: Vec<String> = self.shown.iter().map(one).filter(|one| !one.is_empty()).collect();
        if shown.is_empty() { String::new() } else { format!(": {}", words::list(&shown, self.count)) }
    }
}
