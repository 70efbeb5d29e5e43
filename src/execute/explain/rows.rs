//! Questions about the rows of a table, and their answers.

use super::words::{self, LONGEST, MOST};
use crate::catalog::{self, Others, Query};
use crate::connect::{Message, Row, ServerError, Session, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Named, written};

/// Asks in the transaction that [`super::ask`] opened.
pub struct Asker<'a> {
    session: &'a Session,
    others: Others,
}

/// A table, and what tells its rows from one another.
pub struct Relation {
    /// For SQL: quoted.
    pub sql: String,
    /// As a person writes it: with its schema where the search_path leads elsewhere.
    pub shown: String,
    pub name: String,
    /// The columns of its primary key, in order; none where it has none.
    pub key: Vec<String>,
    pub columns: Vec<String>,
}

/// Rows that are in the way.
pub struct Offenders {
    /// None where counting them took too long.
    pub count: Option<u64>,
    /// Of each that is shown, the values of the key and of the columns that were asked for.
    pub shown: Vec<Offender>,
}

pub struct Offender {
    pub key: Vec<Option<String>>,
    pub values: Vec<Option<String>>,
}

impl<'a> Asker<'a> {
    pub fn new(session: &'a Session) -> Self {
        Self { session, others: Others::default() }
    }

    /// Opens what the questions are asked in; none where it cannot be. `owners` are roles to trust beside the others.
    pub async fn open(&mut self, sql: &str, owners: &[String]) -> Option<()> {
        self.answer(Message::control(sql)).await?;
        self.others = catalog::others(self.session, owners).await.ok()?;
        Some(())
    }

    /// The rows of a query that is made of the statement; none where it fails, or is not to be run.
    pub async fn rows(&self, sql: &str) -> Option<Vec<Row>> {
        self.clear(sql).await?;
        self.answer(Message::users(sql)).await
    }

    /// Goes on where a query runs nothing that belongs to a role that is not trusted.
    pub async fn clear(&self, sql: &str) -> Option<()> {
        if !self.others.are_there {
            return Some(());
        }
        let reached = catalog::reached(self.session, &[Query { sql, path: None }]).await.ok()?.pop()??;
        match reached.iter().find(|stray| !self.others.trusted.contains(&stray.owner)) {
            Some(stray) => {
                tracing::debug!("a question about the rows is not asked: it would run {stray}");
                None
            }
            None => Some(()),
        }
    }

    /// Makes what a question needs; gone with the transaction. What it is made of is cleared before.
    pub async fn make(&self, sql: &str) -> Option<()> {
        self.answer(Message::users(sql)).await.map(|_| ())
    }

    /// The rows of a question of ours about the catalog.
    pub async fn of_catalog(&self, sql: &str) -> Option<Vec<Row>> {
        self.answer(Message::inside(sql)).await
    }

    async fn answer(&self, message: Message<'_>) -> Option<Vec<Row>> {
        match self.session.ask(&[message]).await.pop()? {
            Ok(rows) => Some(rows),
            // Its words may hold a value.
            Err(_) => {
                tracing::debug!("a question about the rows was not answered");
                None
            }
        }
    }

    /// The first column of every row that the catalog gives.
    pub async fn texts(&self, sql: &str) -> Option<Vec<String>> {
        Some(self.of_catalog(sql).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    pub async fn relation(&self, table: &Named) -> Option<Relation> {
        let sql = sql_of(table);
        let columns = format!(
            "SELECT a.attname, i.indrelid IS NOT NULL, {} FROM pg_attribute a LEFT JOIN pg_index i ON \
             i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey) WHERE a.attrelid = {} AND \
             a.attnum > 0 AND NOT a.attisdropped ORDER BY array_position(i.indkey::int2[], a.attnum), a.attnum",
            message::along(&format!("pg_table_is_visible(to_regclass({}))", quote_literal(&sql))),
            message::resolved(&quote_literal(&sql))
        );
        let (mut key, mut all, mut shown) = (Vec::new(), Vec::new(), shown(table));
        for row in self.of_catalog(&columns).await? {
            let [Some(name), is_key, is_visible] = row.as_slice() else { return None };
            if is_visible.as_deref() == Some("t") {
                shown = written(&table.name);
            }
            if is_key.as_deref() == Some("t") {
                key.push(name.clone());
            }
            all.push(name.clone());
        }
        Some(Relation { sql, shown, name: table.name.clone(), key, columns: all })
    }

    /// The rows of a relation for which a condition holds; none where there are none. `columns` are SQL.
    pub async fn offenders(&self, relation: &Relation, condition: &str, columns: &[String]) -> Option<Offenders> {
        let key: Vec<String> = relation.key.iter().map(|column| quote_ident(column)).collect();
        let texts: Vec<String> = key.iter().chain(columns).map(|column| text(column)).collect();
        let texts = if texts.is_empty() { "1".to_owned() } else { texts.join(", ") };
        let order = if key.is_empty() { String::new() } else { format!(" ORDER BY {}", key.join(", ")) };
        let from = format!("FROM {} WHERE {condition}", relation.sql);
        let shown = self.rows(&format!("SELECT {texts} {from}{order} LIMIT {MOST}")).await?;
        if shown.is_empty() {
            return None;
        }
        let count = match shown.len() {
            few if few < MOST => u64::try_from(few).ok(),
            _ => {
                let count = self.rows(&format!("SELECT pg_catalog.count(*) {from}")).await;
                count.and_then(|rows| rows.first()?.first()?.as_deref()?.parse().ok())
            }
        };
        let split = |mut row: Row| {
            let values = row.split_off(key.len().min(row.len()));
            Offender { key: row, values }
        };
        Some(Offenders { count, shown: shown.into_iter().map(split).collect() })
    }
}

/// As much of a value as a sentence shows, and one character more where there is more.
pub fn text(expression: &str) -> String {
    format!("pg_catalog.left(({expression})::pg_catalog.text, {})", LONGEST + 1)
}

/// The relation that an error names: as the statement names it, where that is the same.
pub fn table_of(error: &ServerError, stated: Option<&Named>) -> Option<Named> {
    match (stated, &error.table) {
        (Some(stated), Some(table)) if stated.name == *table => Some(stated.clone()),
        (_, Some(table)) => Some(Named { schema: error.schema.clone(), name: table.clone() }),
        (stated, None) => stated.cloned(),
    }
}

/// A name for SQL.
pub fn sql_of(named: &Named) -> String {
    match &named.schema {
        Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&named.name)),
        None => quote_ident(&named.name),
    }
}

/// A name for a person.
pub fn shown(named: &Named) -> String {
    match &named.schema {
        Some(schema) => format!("{}.{}", written(schema), written(&named.name)),
        None => written(&named.name),
    }
}

/// Names for a person.
pub fn all_written(names: &[String]) -> Vec<String> {
    names.iter().map(|name| written(name)).collect()
}

impl Offenders {
    /// ` (id 4, 7, 9)`; nothing where no key tells the rows apart.
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

    /// `: id 5 (user_id 99), id 6 (user_id 98)`; without a key, the values alone.
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
