//! The objects that a query would run, from the server itself: a view of the query is created and rolled back. Creating a view
//! only parses and resolves names; nothing is planned or run, and the view depends on every operator, function and type in it.

use std::time::Duration;

use super::answer;
use super::build::set_path;
use super::error::CatalogError;
use super::questions::Kind;
use super::untrusted::Stray;
use crate::connect::{Message, Session, SessionError, session_settings};

/// A query, and the search_path for its names; none means the session's.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    pub sql: &'a str,
    pub path: Option<&'a [String]>,
}

const SAVEPOINT: &str = "SAVEPOINT lockgate_reach";
const TAKE_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_reach; RELEASE SAVEPOINT lockgate_reach";
const VIEW: &str = "lockgate reach";

/// The objects in each query that belong to another role and not to a superuser; none if the server cannot be asked. Uses the
/// caller's transaction, which may write.
///
/// # Errors
/// The connection broke, or no transaction is open.
pub async fn reached(session: &Session, queries: &[Query<'_>]) -> Result<Vec<Option<Vec<Stray>>>, CatalogError> {
    let list = Kind::Reaches.single(&format!("'{VIEW}'"), None);
    let read = format!("WITH {list} {}", Kind::Reaches.query(session.server, ""));
    let make = |query: &Query<'_>| {
        let path = query.path.map(set_path).unwrap_or_default();
        format!("{path}CREATE TEMPORARY VIEW \"{VIEW}\" AS SELECT WHERE EXISTS ({})", query.sql)
    };
    let messages: Vec<Message<'_>> = queries
        .iter()
        .flat_map(|query| {
            [Message::control(SAVEPOINT), Message::both(&make(query), &read), Message::control(TAKE_BACK)]
        })
        .collect();
    let mut answers = session.ask(&messages).await.into_iter();
    let mut all = Vec::with_capacity(queries.len());
    while let (Some(begun), Some(answer), Some(ended)) = (answers.next(), answers.next(), answers.next()) {
        begun?;
        ended?;
        all.push(match answer {
            Ok(rows) => Some(answer::read(rows)?.all_reached().cloned().collect()),
            Err(SessionError::Server(_)) => None,
            Err(lost) => return Err(lost.into()),
        });
    }
    Ok(all)
}

/// As [`reached`], in a transaction of its own, which is rolled back; none if the server accepts no writes.
///
/// # Errors
/// The connection broke.
pub async fn reached_alone(
    session: &Session,
    queries: &[Query<'_>],
    lock_timeout: Duration,
) -> Result<Vec<Option<Vec<Stray>>>, CatalogError> {
    let timeouts = session_settings::local(session.server);
    let begin = format!("BEGIN READ WRITE; {timeouts}; SET LOCAL lock_timeout = {}", lock_timeout.as_millis());
    match session.send(&Message::control(begin)).await.done().await {
        Ok(_) => {}
        Err(SessionError::Server(_)) => {
            session.send(&Message::control("ROLLBACK")).await.done().await?;
            return Ok(queries.iter().map(|_| None).collect());
        }
        Err(lost) => return Err(lost.into()),
    }
    let all = reached(session, queries).await;
    session.send(&Message::control("ROLLBACK")).await.done().await?;
    all
}
