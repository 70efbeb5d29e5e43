//! Questions to the data, in read-only transactions that are rolled back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use crate::assess::reason::Withheld;
use crate::assess::request::Survey;
use crate::assess::trust::Trust;
use crate::catalog::{self, CatalogError, How, Query, Stray, Surroundings};
use crate::connect::{Message, Row, Session, SessionError, session_settings};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::sql::shape::mentions_of;
use crate::sql::with_room;
use crate::sql::{Named, Template};

/// The access to the data, with the answers so far.
pub struct Probe<'a> {
    pub session: &'a Session,
    pub surroundings: &'a Surroundings,
    trust: &'a Trust,
    /// False in a plan, unless it is asked to.
    pub asks_data: bool,
    /// True if the query of a `lockgate:unless` is run.
    pub asks_unless: bool,
    pub how: How,
    /// Answers by their query and its path.
    known: RefCell<BTreeMap<(Vec<String>, String), i64>>,
    /// True after a joint query failed: each question is then asked separately.
    asks_alone: Cell<bool>,
}

/// The limit of remembered answers, which are cleared before others are asked for together.
const KNOWN: usize = 4096;

const LOCK_TIMEOUT: Duration = Duration::from_secs(2);

impl<'a> Probe<'a> {
    pub fn new(session: &'a Session, trust: &'a Trust, survey: &Survey<'_>) -> Self {
        let Survey { asks_data, asks_unless, how, .. } = *survey;
        Self {
            session,
            surroundings: &trust.surroundings,
            trust,
            asks_data,
            asks_unless: asks_data || asks_unless,
            how,
            known: RefCell::default(),
            asks_alone: Cell::new(false),
        }
    }

    /// True if a function is a built-in one.
    pub fn is_of_system(&self, call: &Named) -> bool {
        let is_system = call.schema.as_deref().is_none_or(|schema| schema == "pg_catalog");
        let name = QualifiedName::new("pg_catalog", call.name.clone());
        is_system && self.surroundings.functions.contains_key(&name)
    }

    /// True if a function is volatile; one that does not exist yet may do anything.
    pub fn is_volatile(&self, call: &Named) -> bool {
        let schemas = || self.surroundings.path.iter().map(String::as_str);
        let in_schema = |schema: &str| {
            let name = QualifiedName::new(schema, call.name.clone());
            self.surroundings.functions.get(&name)
        };
        let found = match &call.schema {
            Some(schema) => in_schema(schema),
            None => in_schema("pg_catalog").or_else(|| schemas().find_map(in_schema)),
        };
        found.is_none_or(|all| all.iter().any(|facts| facts.volatile))
    }

    /// The number that a query returns, with true as 1; none if the query failed.
    pub async fn number(&self, sql: Option<String>, path: &[String]) -> Result<Option<i64>, CatalogError> {
        let Some(sql) = sql.filter(|_| self.asks_data) else { return Ok(None) };
        if let Some(known) = self.known.borrow().get(&(path.to_vec(), sql.clone())) {
            return Ok(Some(*known));
        }
        Ok(number_of(self.text(&sql, path).await?.as_deref()))
    }

    /// As [`Self::number`], remembered.
    pub async fn number_once(&self, sql: Option<String>, path: &[String]) -> Result<Option<i64>, CatalogError> {
        let number = self.number(sql.clone(), path).await?;
        sql.zip(number).into_iter().for_each(|(sql, number)| self.knows(sql, path, number));
        Ok(number)
    }

    /// Remembers the answer to a query.
    pub fn knows(&self, sql: String, path: &[String], number: i64) {
        self.known.borrow_mut().insert((path.to_vec(), sql), number);
    }

    /// True if the query may be asked together with others, and has no answer yet.
    pub fn is_to_ask_together(&self, sql: &str, path: &[String]) -> bool {
        self.asks_data && !self.asks_alone.get() && !self.known.borrow().contains_key(&(path.to_vec(), sql.to_owned()))
    }

    /// The rows of numbers that answer several questions in one query, the first column of each being its index; none if it
    /// failed.
    pub async fn numbers_together(
        &self,
        sql: &str,
        path: &[String],
        count: usize,
    ) -> Result<Option<Vec<Vec<i64>>>, CatalogError> {
        let rows = match self.stray_in(sql, path).await? {
            Some(_) => None,
            None => self.rows("BEGIN READ ONLY", vec![Message::users(sql)], path).await?,
        };
        let numbers = |row: Row| row.iter().map(|value| number_of(value.as_deref())).collect::<Option<Vec<i64>>>();
        let all: Option<Vec<Vec<i64>>> = rows.and_then(|rows| rows.into_iter().map(numbers).collect());
        let mut all = all.filter(|all| all.len() == count);
        if let Some(all) = &mut all {
            all.sort_unstable();
            for row in all {
                row.remove(0);
            }
        }
        self.asks_alone.set(all.is_none());
        if self.known.borrow().len() > KNOWN {
            self.known.borrow_mut().clear();
        }
        Ok(all)
    }

    /// The same for a query of ours, which runs nothing of the user's.
    pub async fn own_number(&self, sql: &str) -> Result<Option<i64>, CatalogError> {
        if !self.asks_data {
            return Ok(None);
        }
        Ok(number_of(self.of_catalog(sql).await?.as_deref()))
    }

    /// The reason why a plan does not run a directive's query, which a migration runs as written: a function in it may do
    /// anything.
    pub async fn withheld(&self, sql: &str, path: &[String]) -> Result<Option<Withheld>, CatalogError> {
        if self.how == How::Build {
            return Ok(None);
        }
        let Some(mentions) = with_room(|| mentions_of(sql)) else {
            return Ok(Some(Withheld::Unreadable));
        };
        if let Some(call) = mentions.calls.iter().find(|call| self.may_do_anything(call, path)) {
            return Ok(Some(Withheld::Unknown { function: call.name.clone() }));
        }
        let stray = self.stray_in(sql, path).await?;
        Ok(stray.map(|stray| Withheld::Untrusted { stray }))
    }

    /// The first untrusted object that a query would run: by its words, unless the server decides what they mean.
    pub async fn stray_in(&self, sql: &str, path: &[String]) -> Result<Option<Stray>, CatalogError> {
        let Some(named) = self.trust.stray_in(sql, path) else { return Ok(None) };
        let query = [Query { sql, path: Some(path) }];
        Ok(match catalog::reached_alone(self.session, &query, LOCK_TIMEOUT).await?.pop().flatten() {
            Some(reached) => self.trust.strange_among(reached),
            None => Some(named),
        })
    }

    /// The reason why calls are not executed for a question to the data.
    pub fn stray_among(&self, calls: &[Named], path: &[String]) -> Option<Stray> {
        let written = |call: &Named| match &call.schema {
            Some(schema) => format!("{}.{}()", quote_ident(schema), quote_ident(&call.name)),
            None => format!("{}()", quote_ident(&call.name)),
        };
        // The name may mean a function of pg_catalog instead: then the query itself decides.
        let mut own = calls.iter().filter(|call| !self.is_of_system(call));
        own.find_map(|call| self.trust.stray_in(&written(call), path))
    }

    /// True if a call may mean a volatile function that is not built in, or an unknown one.
    fn may_do_anything(&self, call: &Named, path: &[String]) -> bool {
        let facts = |schema: &str| {
            let name = QualifiedName::new(schema, call.name.clone());
            self.surroundings.functions.get(&name)
        };
        if call.schema.as_deref() == Some("pg_catalog") {
            return false;
        }
        let schemas = call.schema.as_ref().map_or(path, std::slice::from_ref);
        let mut others =
            schemas.iter().filter(|schema| *schema != "pg_catalog").filter_map(|schema| facts(schema)).peekable();
        let is_unknown = others.peek().is_none() && !self.is_of_system(call);
        is_unknown || others.flatten().any(|function| function.volatile)
    }

    /// The first value of an answer; none if the query failed, or would run an untrusted object.
    pub async fn text(&self, sql: &str, path: &[String]) -> Result<Option<String>, CatalogError> {
        if let Some(stray) = self.stray_in(sql, path).await? {
            tracing::debug!("a question is not asked: it would run {stray}");
            return Ok(None);
        }
        self.first(sql, path).await
    }

    async fn first(&self, sql: &str, path: &[String]) -> Result<Option<String>, CatalogError> {
        Ok(first_value(self.rows("BEGIN READ ONLY", vec![Message::users(sql)], path).await?))
    }

    /// The rows of the last message, in a transaction that is rolled back; none if it failed.
    async fn rows(
        &self,
        begin: &str,
        messages: Vec<Message<'_>>,
        path: &[String],
    ) -> Result<Option<Vec<Row>>, CatalogError> {
        let path: Vec<String> = path.iter().map(|schema| quote_ident(schema)).collect();
        let settings = format!(
            "{begin}; {}; SET LOCAL lock_timeout = '2s'; SELECT pg_catalog.set_config('search_path', {}, true)",
            session_settings::local(self.session.server),
            quote_literal(&path.join(", "))
        );
        let mut all = vec![Message::control(settings)];
        all.extend(messages);
        all.push(Message::control("ROLLBACK"));
        let mut answers = self.session.ask(&all).await;
        answers.pop();
        answers.pop().map_or(Ok(None), answered)
    }

    /// The first value of the answer to our query about the catalog; none if it fails.
    pub async fn of_catalog(&self, sql: &str) -> Result<Option<String>, CatalogError> {
        let question = Message::own(format!("SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '2s'; {sql}"));
        Ok(first_value(answered(self.session.send(&question).await.rows().await)?))
    }

    /// True if our query about the catalog, or for the first row of a table, is true.
    pub async fn is_true_of_catalog(&self, sql: &str) -> Result<bool, CatalogError> {
        Ok(self.of_catalog(sql).await?.as_deref() == Some("t"))
    }

    /// As [`Self::is_true_of_catalog`], remembered.
    pub async fn is_true_of_catalog_once(&self, sql: &str) -> Result<bool, CatalogError> {
        let key = (Vec::new(), sql.to_owned());
        let known = self.known.borrow().get(&key).copied();
        let number = match known {
            Some(number) => number,
            None => i64::from(self.is_true_of_catalog(sql).await?),
        };
        self.known.borrow_mut().insert(key, number);
        Ok(number != 0)
    }

    /// The columns of a query, from a temporary view that is rolled back; none if it cannot be created.
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

    /// True if a directive's own query is true; none if it fails.
    pub async fn is_true(&self, sql: &str, path: &[String]) -> Result<Option<bool>, CatalogError> {
        if !self.asks_unless {
            return Ok(None);
        }
        Ok(number_of(self.first(sql, path).await?.as_deref()).map(|number| number != 0))
    }
}

/// The rows of an answer; none if the server refused the query.
fn answered(answer: Result<Vec<Row>, SessionError>) -> Result<Option<Vec<Row>>, CatalogError> {
    match answer {
        Ok(rows) => Ok(Some(rows)),
        Err(SessionError::Lost(because)) => Err(CatalogError::Lost(because)),
        Err(SessionError::Server(_)) => Ok(None),
    }
}

fn first_value(rows: Option<Vec<Row>>) -> Option<String> {
    rows?.into_iter().next()?.into_iter().next()?
}

/// A number, or a boolean as one.
fn number_of(value: Option<&str>) -> Option<i64> {
    match value {
        Some("t") => Some(1),
        Some("f") => Some(0),
        other => other.and_then(|text| text.parse().ok()),
    }
}
