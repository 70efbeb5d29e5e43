//! Questions about rows, asked in one transaction that is rolled back. They run nothing that belongs to an untrusted role.

use std::time::{Duration, Instant};

use super::no_answer::Untold;
use crate::catalog::{self, Others, Query};
use crate::connect::{Message, Row, Session, SessionError, session_settings};
use crate::pg::name::{quote_ident, quote_literal};

/// Asks within the transaction that was opened last.
pub struct Probe<'a> {
    session: &'a Session,
    others: Option<Others>,
    manner: Manner,
}

/// The way in which the questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// In the transaction of a refused statement, which ends soon.
    After,
    /// Before anything runs: each question is read-only and has this time limit; zero means no limit.
    Before(Duration),
}

/// The longest time that a question queues behind an ALTER.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '1s'";
/// Rolling back to the savepoint restores the transaction's right to write, so the objects that a question needs can be created.
const READ_ONLY: &str = "SAVEPOINT lockgate_question; SET TRANSACTION READ ONLY";
const READ_ON: &str = "ROLLBACK TO SAVEPOINT lockgate_question; RELEASE SAVEPOINT lockgate_question";

impl<'a> Probe<'a> {
    pub fn new(session: &'a Session, manner: Manner) -> Self {
        Self { session, others: None, manner }
    }

    /// Opens the questions' transaction with this SQL. `owners` are additional trusted roles.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn open(&mut self, sql: &str, owners: &[String]) -> Result<(), Untold> {
        self.answer(Message::control(sql)).await?;
        if self.others.is_none() {
            let others = catalog::others(self.session, owners).await;
            self.others = Some(others.map_err(|_| Untold::Unclear)?);
        }
        Ok(())
    }

    /// Opens a transaction for the questions of one demand, with a search_path: the session's if none is given.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn begin(&mut self, path: Option<&[String]>, owners: &[String]) -> Result<(), Untold> {
        let path = path.map(|schemas| schemas.iter().map(|schema| quote_ident(schema)).collect::<Vec<_>>().join(", "));
        let path =
            path.map(|path| format!("; SELECT pg_catalog.set_config('search_path', {}, true)", quote_literal(&path)));
        let Manner::Before(time) = self.manner else { return Err(Untold::Unclear) };
        let settings = format!(
            "{}; SET LOCAL statement_timeout = {}; {LOCK_TIMEOUT}; SET LOCAL row_security = off{}",
            session_settings::local(self.session.server),
            time.as_millis(),
            path.unwrap_or_default()
        );
        // A standby accepts neither a transaction that may write nor a question that needs one.
        if self.answer(Message::control("BEGIN READ WRITE")).await.is_err() {
            self.end().await;
            self.answer(Message::control("BEGIN READ ONLY")).await?;
        }
        self.open(&settings, owners).await
    }

    /// Ends the transaction, and rolls back everything that was created in it.
    pub async fn end(&self) {
        let _ = self.session.ask(&[Message::control("ROLLBACK")]).await;
    }

    /// The rows of a query that is derived from the statement.
    ///
    /// # Errors
    /// The query fails, or must not run.
    pub async fn rows(&self, sql: &str) -> Result<Vec<Row>, Untold> {
        self.clear(sql).await?;
        match self.manner {
            Manner::After => self.answer(Message::users(sql)).await,
            Manner::Before(time) => {
                let began = Instant::now();
                let messages = [Message::control(READ_ONLY), Message::users(sql), Message::control(READ_ON)];
                let mut answers = self.session.ask(&messages).await;
                answers.pop();
                let answer = answers.pop().ok_or(Untold::Lost)?;
                answer.map_err(|error| self.untold(&error, !time.is_zero() && began.elapsed() >= time))
            }
        }
    }

    /// Succeeds if a query runs nothing that belongs to an untrusted role.
    ///
    /// # Errors
    /// It runs such an object, or this cannot be decided.
    pub async fn clear(&self, sql: &str) -> Result<(), Untold> {
        let others = self.others.as_ref().ok_or(Untold::Unclear)?;
        if !others.are_there {
            return Ok(());
        }
        let reached = catalog::reached(self.session, &[Query { sql, path: None }]).await;
        let reached = reached.ok().and_then(|mut all| all.pop()).flatten().ok_or(Untold::Unclear)?;
        match reached.into_iter().find(|stray| !others.trusted.contains(&stray.owner)) {
            Some(stray) => Err(Untold::Runs(stray)),
            None => Ok(()),
        }
    }

    /// Creates an object that a question needs, for this transaction. Its SQL was cleared before.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn make(&self, sql: &str) -> Result<(), Untold> {
        self.answer(Message::users(sql)).await.map(drop)
    }

    /// The rows of lockgate's own query about the catalog.
    ///
    /// # Errors
    /// The server refuses it.
    pub async fn of_catalog(&self, sql: &str) -> Result<Vec<Row>, Untold> {
        self.answer(Message::inside(sql)).await
    }

    /// The first column of every row that the catalog gives.
    ///
    /// # Errors
    /// The server refuses the question.
    pub async fn texts(&self, sql: &str) -> Result<Vec<String>, Untold> {
        Ok(self.of_catalog(sql).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// True if the catalog query returns a row.
    ///
    /// # Errors
    /// The server refuses the question.
    pub async fn is_there(&self, sql: &str) -> Result<bool, Untold> {
        Ok(!self.of_catalog(sql).await?.is_empty())
    }

    async fn answer(&self, message: Message<'_>) -> Result<Vec<Row>, Untold> {
        let answer = self.session.ask(&[message]).await.pop().ok_or(Untold::Lost)?;
        answer.map_err(|error| self.untold(&error, false))
    }

    fn untold(&self, error: &SessionError, has_timed_out: bool) -> Untold {
        let untold = Untold::of(error, has_timed_out || self.manner == Manner::After);
        tracing::debug!("a question about the rows was not answered: {untold}");
        untold
    }
}
