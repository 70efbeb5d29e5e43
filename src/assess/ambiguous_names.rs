//! Words that may mean an object of an untrusted role: the server decides which object of a name is meant.

use std::time::Duration;

use super::evidence::{Evidence, Open};
use crate::catalog::{self, CatalogError, How, Query};
use crate::connect::Session;
use crate::sql::with_room;

/// The transaction in which the server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A transaction of its own, with this lock_timeout.
    Its(Duration),
    /// The caller's transaction.
    Callers,
}

/// The pairs that the server still has to compare; the others are settled.
///
/// # Errors
/// The connection broke.
pub async fn settled(
    session: &Session,
    evidence: &mut Evidence,
    open: Vec<Open>,
    how: How,
    within: Within,
) -> Result<Vec<Open>, CatalogError> {
    let (mut rest, doubtful) = with_room(|| evidence.settle(open, how));
    if doubtful.is_empty() {
        return Ok(rest);
    }
    let asked = with_room(|| {
        let queries = |(one, _): &(Open, _)| {
            let questions = evidence.questions(std::slice::from_ref(one));
            questions.first().and_then(|question| Some((question.query()?, question.wanted.path().to_vec())))
        };
        doubtful.iter().map(queries).collect::<Vec<_>>()
    });
    let queries: Vec<Query<'_>> =
        asked.iter().flatten().map(|(sql, path)| Query { sql, path: Some(path.as_slice()) }).collect();
    let mut reached = match within {
        _ if queries.is_empty() => Vec::new(),
        Within::Its(lock_timeout) => catalog::reached_alone(session, &queries, lock_timeout).await?,
        Within::Callers => catalog::reached(session, &queries).await?,
    }
    .into_iter();
    for ((one, named), asked) in doubtful.into_iter().zip(&asked) {
        let reached = asked.as_ref().and_then(|_| reached.next().flatten());
        let stray = match reached {
            Some(reached) => evidence.trust.strange_among(reached),
            None => Some(named),
        };
        match stray {
            Some(stray) => evidence.withhold(&one, stray),
            None => rest.push(one),
        }
    }
    Ok(rest)
}
