//! Compares the bounds of a partition by their values: the server casts each constant to its key's type. No object is created.

use super::compare::{Difference, partition_keys, place};
use super::definition::{Definition, Table};
use super::error::{CatalogError, failure};
use super::found::{Found, FoundTable};
use super::prove::{Proof, Question};
use crate::connect::{Message, Row, Session, SessionError};
use crate::pg::sqlstate::StatementFailure;
use crate::sql::bound::{self, Comparison, Pair};
use crate::sql::partition_key::Keys;

const SAVEPOINT: &str = "SAVEPOINT lockgate_bound";
const TAKE_BACK: &str = "ROLLBACK TO SAVEPOINT lockgate_bound; RELEASE SAVEPOINT lockgate_bound";

/// True if a question is about two bounds.
pub(super) fn is_of(question: &Question<'_>) -> bool {
    matches!((question.wanted, question.found), (Definition::Table(_), Found::Table(_)))
}

/// Returns an answer for each question, with one round trip inside the caller's transaction.
pub(super) async fn ask(session: &Session, questions: &[Question<'_>]) -> Result<Vec<Proof>, CatalogError> {
    let queries: Vec<Result<String, Proof>> = questions.iter().map(query).collect();
    let asked = queries.iter().filter_map(|query| query.as_ref().ok());
    let messages: Vec<Message<'_>> = asked
        .flat_map(|query| [Message::control(SAVEPOINT), Message::inside(query), Message::control(TAKE_BACK)])
        .collect();
    let mut answers = if messages.is_empty() { Vec::new() } else { session.ask(&messages).await }.into_iter();
    let mut proofs = Vec::with_capacity(queries.len());
    for (query, question) in queries.into_iter().zip(questions) {
        let proof = match query {
            Err(proof) => proof,
            Ok(_) => match (answers.next(), answers.next(), answers.next()) {
                (Some(begun), Some(answer), Some(ended)) => {
                    begun?;
                    ended?;
                    judged(question, answer)?
                }
                _ => Proof::Cannot("the server gave no answer".to_owned()),
            },
        };
        proofs.push(proof);
    }
    Ok(proofs)
}

fn judged(question: &Question<'_>, answer: Result<Vec<Row>, SessionError>) -> Result<Proof, CatalogError> {
    match answer {
        Ok(rows) if rows.iter().flatten().any(|cell| cell.as_deref() == Some("t")) => Ok(equal(question)),
        Ok(_) => Ok(different(question)),
        Err(SessionError::Server(error)) => match failure(&error) {
            StatementFailure::Wrong | StatementFailure::Privilege => Ok(Proof::Cannot(error.message.clone())),
            _ => Err(SessionError::Server(error).into()),
        },
        Err(lost) => Err(lost.into()),
    }
}

fn tables<'a>(question: &Question<'a>) -> Option<(&'a Table, &'a FoundTable)> {
    match (question.wanted, question.found) {
        (Definition::Table(wanted), Found::Table(found)) => Some((wanted, found)),
        _ => None,
    }
}

/// Both have the same parent; the partition key of a subpartitioned table may be unknown.
fn equal(question: &Question<'_>) -> Proof {
    match tables(question).map(|(wanted, found)| partition_keys(wanted, found)) {
        Some(Keys::Equal) => Proof::Equal,
        Some(Keys::Unclear) => Proof::Unclear,
        Some(Keys::Different) | None => different(question),
    }
}

fn different(question: &Question<'_>) -> Proof {
    let Some((wanted, found)) = tables(question) else { return Proof::Unclear };
    let [wanted, found] = [(&wanted.partition_of, &wanted.inherits), (&found.partition_of, &found.inherits)]
        .map(|(of, parents)| place(of, parents));
    Proof::Differs(Difference { wanted, found }, None)
}

/// The query, or the answer if nothing needs to be asked.
fn query(question: &Question<'_>) -> Result<String, Proof> {
    let bounds = tables(question).and_then(|(wanted, found)| {
        let ((_, wanted_bound), (_, found_bound)) = (wanted.partition_of.as_ref()?, found.partition_of.as_ref()?);
        Some((bound::compare(wanted_bound, found_bound), &found.key_types))
    });
    let Some((comparison, types)) = bounds else { return Err(equal(question)) };
    match comparison {
        Comparison::Equal => Err(equal(question)),
        Comparison::Different => Err(different(question)),
        Comparison::Unread => Err(Proof::Cannot("the bound of the partition is more than constants".to_owned())),
        Comparison::ByValue(pairs) => {
            let conditions = pairs.iter().map(|pair| condition(pair, types)).collect::<Option<Vec<_>>>();
            let conditions = conditions.ok_or_else(|| {
                Proof::Cannot("a type of the partition key is not one of the server's own".to_owned())
            })?;
            Ok(format!("SELECT {} AS is_same", conditions.join(" AND ")))
        }
    }
}

/// True if each value of one side is among those of the other.
fn condition(pair: &Pair, types: &[Option<String>]) -> Option<String> {
    let type_ = types.get(pair.column)?.as_ref()?;
    let cast = |sql: &String| format!("(({sql})::{type_})");
    let [one, other] = pair.sides.each_ref().map(|side| side.iter().map(cast).collect::<Vec<_>>());
    let among = |some: &[String], all: &[String]| {
        let all = all.join(", ");
        some.iter().map(|value| format!("{value} IN ({all})")).collect::<Vec<_>>().join(" AND ")
    };
    Some(format!("({} AND {})", among(&one, &other), among(&other, &one)))
}
