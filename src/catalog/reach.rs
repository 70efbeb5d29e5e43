//! The objects that a query would run, as the server reads it: a view of it is made and taken back. To make a view is to parse and to look up,
//! nothing is planned and nothing runs, and the view depends on every operator, function and type that is meant.

use std::time::Duration;

use super::answer;
use super::build::set_path;
use super::error::CatalogError;
use super::questions::Kind;
use super::untrusted::Stray;
use crate::connect::{Message, Session, SessionError, session_settings};

/// A query, and the path that it means; none: the session's.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    pub sql: &'a str,
    pub path: Option<&'a [String]>,
}

const SAVEPOINT: &str = "SAVEPOINT lockgate_reach";
const TAKE_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_reach; RELEASE SAVEPOINT lockgate_reach";
const VIEW: &str = "lockgate reach";

/// The objects of each that belong to another role and to no superuser; none where the server cannot be asked that. Asks inside
/// the caller's transaction, which may write.
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

/// The same in a transaction of its own, which is rolled back; none where the server takes no writes.
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
