//! What is asked of the data: in read-only transactions that are rolled back.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::catalog::{CatalogError, How, Surroundings};
use crate::connect::{Message, Row, Session, SessionError, hygiene};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::sql::change::{Named, Template};

/// What the data was asked, and how it answered.
pub struct Asker<'a> {
    pub session: &'a Session,
    pub surroundings: &'a Surroundings,
    /// A plan does not, unless it is told to.
    pub asks_data: bool,
    pub how: How,
    /// How many rows of a table the statements put there that ran already.
    put: RefCell<BTreeMap<QualifiedName, i64>>,
}

/// Stands for the verdict that only the data could give.
pub const WOULD_ASK: &str = "would ask the data: --check-data";

impl<'a> Asker<'a> {
    pub fn new(session: &'a Session, surroundings: &'a Surroundings, asks_data: bool, how: How) -> Self {
        Self { session, surroundings, asks_data, how, put: RefCell::default() }
    }

    /// Whether a function is one of the server's own.
    pub fn is_of_system(&self, call: &Named) -> bool {
        let is_system = call.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
        let name = QualifiedName { schema: "pg_catalog".to_owned(), name: call.name.clone() };
        is_system && self.surroundings.functions.contains_key(&name)
    }

    /// A function that the server does not have yet may do anything.
    pub fn is_volatile(&self, call: &Named) -> bool {
        let schemas = || self.surroundings.path.iter().map(String::as_str);
        let in_schema = |schema: &str| {
            let name = QualifiedName { schema: schema.to_owned(), name: call.name.clone() };
            self.surroundings.functions.get(&name)
        };
        let found = match &call.schema {
            Some(schema) => in_schema(schema),
            None => in_schema("pg_catalog").or_else(|| schemas().find_map(in_schema)),
        };
        found.is_none_or(|all| all.iter().any(|facts| facts.volatile))
    }

    /// One number, or true as 1; none where the question failed: then nobody can tell.
    pub async fn number(&self, sql: Option<String>, path: &[String]) -> Result<Option<i64>, CatalogError> {
        match sql.filter(|_| self.asks_data) {
            Some(sql) => self.answer(sql, path).await,
            None => Ok(None),
        }
    }

    async fn answer(&self, sql: String, path: &[String]) -> Result<Option<i64>, CatalogError> {
        let value = self.text(&sql, path).await?;
        Ok(match value.as_deref() {
            Some("t") => Some(1),
            Some("f") => Some(0),
            other => other.and_then(|text| text.parse().ok()),
        })
    }

    /// The first value of an answer; none where the question failed.
    pub async fn text(&self, sql: &str, path: &[String]) -> Result<Option<String>, CatalogError> {
        let rows = self.rows("BEGIN READ ONLY", vec![Message::users(sql)], path).await?.unwrap_or_default();
        Ok(rows.first().and_then(|row| row.first()).cloned().flatten())
    }

    /// The rows of the last message, in a transaction that is rolled back; none where it failed.
    async fn rows(
        &self,
        begin: &str,
        messages: Vec<Message<'_>>,
        path: &[String],
    ) -> Result<Option<Vec<Row>>, CatalogError> {
        let path: Vec<String> = path.iter().map(|schema| quote_ident(schema)).collect();
        let settings = format!(
            "{begin}; {}; SET LOCAL lock_timeout = '2s'; SELECT pg_catalog.set_config('search_path', {}, true)",
            hygiene::local(self.session.server),
            quote_literal(&path.join(", "))
        );
        let mut all = vec![Message::control(settings)];
        all.extend(messages);
        all.push(Message::control("ROLLBACK"));
        let mut answers = self.session.ask(&all).await;
        answers.pop();
        match answers.pop() {
            Some(Ok(rows)) => Ok(Some(rows)),
            Some(Err(SessionError::Lost(because))) => Err(CatalogError::Lost(because)),
            Some(Err(SessionError::Server(_))) | None => Ok(None),
        }
    }

    /// The first value of the answer to a question of ours about the catalog; none where it fails.
    pub async fn of_catalog(&self, sql: &str) -> Result<Option<String>, CatalogError> {
        let question = Message::own(format!("SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '2s'; {sql}"));
        match self.session.send(&question).await.rows().await {
            Ok(rows) => Ok(rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())),
            Err(SessionError::Lost(because)) => Err(CatalogError::Lost(because)),
            Err(SessionError::Server(_)) => Ok(None),
        }
    }

    /// Whether a question of ours about the catalog, or for the first row of a table, is true.
    pub async fn is_true_of_catalog(&self, sql: &str) -> Result<bool, CatalogError> {
        Ok(self.of_catalog(sql).await?.as_deref() == Some("t"))
    }

    /// The columns of a query, by a temporary view that is rolled back; none where it cannot be made.
    pub async fn columns_of(
        &self,
        view: &Template,
        path: &[String],
    ) -> Result<Option<Vec<(String, String)>>, CatalogError> {
        if self.how == How::Explain {
            return Ok(None);
        }
        let make = view.fill("pg_temp.lockgate_columns", "");
        let read = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = \
                    'pg_temp.lockgate_columns'::regclass AND attnum > 0 ORDER BY attnum";
        let pair = |row: Row| Some((row.first()?.clone()?, row.get(1)?.clone()?));
        let rows = self.rows("BEGIN", vec![Message::users(make), Message::inside(read)], path).await?;
        Ok(rows.map(|rows| rows.into_iter().filter_map(pair).collect()))
    }

    /// Whether a query is true; none where it fails.
    pub async fn is_true(&self, sql: &str, path: &[String]) -> Result<Option<bool>, CatalogError> {
        Ok(self.number(Some(sql.to_owned()), path).await?.map(|number| number != 0))
    }

    /// An INSERT ran: so many rows of the table are its own.
    pub fn puts(&self, table: &QualifiedName, rows: i64) {
        *self.put.borrow_mut().entry(table.clone()).or_default() += rows;
    }

    pub fn rows_put(&self, table: &QualifiedName) -> i64 {
        self.put.borrow().get(table).copied().unwrap_or_default()
    }
}
