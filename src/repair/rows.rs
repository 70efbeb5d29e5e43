//! The rows have to allow it: how many would lose a value or refuse the statement.

use super::{Check, Doing, Step};
use crate::connect::{Message, Session, SessionError};
use crate::object::{Around, Fact, ident, list};

/// Rows that refuse a new object.
pub fn of_new(fact: &Fact, wanted: &Around<'_>, found: &Around<'_>) -> Option<Check> {
    let table = fact.holder();
    found.find("table", table).filter(|there| there.get("server").is_none())?;
    let names = |property: &str| -> Vec<String> { list(fact.get(property)).iter().map(|name| ident(name)).collect() };
    match fact.kind.word {
        "column" => {
            let has_value = ["default", "identity", "generated"].iter().any(|property| fact.get(property).is_some());
            let is_open = fact.get("not null").is_some() && !has_value;
            is_open.then(|| Check {
                sql: format!("SELECT count(*) FROM {table}"),
                what: "rows would have no value in it: add it with a DEFAULT, or fill it first".to_owned(),
            })
        }
        "constraint" if fact.get("not valid").is_some() || fact.get("not enforced").is_some() => None,
        "constraint" => match (fact.text("check"), names("foreign key")) {
            (Some(check), _) => Some(Check {
                sql: format!("SELECT count(*) FROM {table} WHERE NOT ({check})"),
                what: "rows violate it".to_owned(),
            }),
            (None, own) if !own.is_empty() => Some(of_foreign_key(fact, &own, &names("columns"), found)),
            (None, _) => {
                let keys = [names("primary key"), names("unique")].concat();
                of_keys(table, &keys, "")
            }
        },
        "index" if fact.get("unique").is_some() && !wanted.is_partitioned(table) => {
            let keys = list(fact.get("keys"));
            let is_plain = |key: &String| !key.contains(['(', ' ']);
            let filter = fact.text("where").map(|it| format!(" AND ({it})")).unwrap_or_default();
            keys.iter().all(is_plain).then(|| of_keys(table, &keys, &filter)).flatten()
        }
        _ => None,
    }
}

fn of_keys(table: &str, keys: &[String], filter: &str) -> Option<Check> {
    let present: Vec<String> = keys.iter().map(|key| format!("{key} IS NOT NULL")).collect();
    (!keys.is_empty()).then(|| Check {
        sql: format!(
            "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {}{filter} GROUP BY {} HAVING count(*) > 1) AS twice",
            present.join(" AND "),
            keys.join(", ")
        ),
        what: "keys stand in more than one row".to_owned(),
    })
}

fn of_foreign_key(fact: &Fact, own: &[String], theirs: &[String], found: &Around<'_>) -> Check {
    let target = fact.text("references").unwrap_or_default();
    // One that is missing has no rows once it is made.
    let is_there = found.find("table", target).is_some();
    let pairs: Vec<String> = own.iter().zip(theirs).map(|(own, their)| format!("theirs.{their} = own.{own}")).collect();
    let present: Vec<String> = own.iter().map(|name| format!("own.{name} IS NOT NULL")).collect();
    let matched = match is_there {
        true => format!(" AND NOT EXISTS (SELECT FROM {target} AS theirs WHERE {})", pairs.join(" AND ")),
        false => String::new(),
    };
    let sql = format!("SELECT count(*) FROM {} AS own WHERE {}{matched}", fact.holder(), present.join(" AND "));
    Check { sql, what: "rows point at nothing".to_owned() }
}

/// Rows that a change of a column would take a value from, or that refuse it.
pub fn of_change(fact: &Fact, there: &Fact, properties: &[&str]) -> Option<Check> {
    let (table, column) = (fact.holder(), fact.own_name());
    if fact.kind.word != "column" {
        return None;
    }
    if properties.contains(&"type") {
        let (old, new) = (there.text("type")?, fact.text("type")?);
        return Some(Check {
            sql: format!("SELECT count(*) FROM {table} WHERE ({column}::{new})::{old} IS DISTINCT FROM {column}"),
            what: format!("values of {old} do not fit into {new}"),
        });
    }
    (properties.contains(&"not null") && fact.get("not null").is_some()).then(|| Check {
        sql: format!("SELECT count(*) FROM {table} WHERE {column} IS NULL"),
        what: "rows hold NULL".to_owned(),
    })
}

/// What would go with something that the chain does not have.
pub fn of_stranger(fact: &Fact) -> Option<Check> {
    match fact.kind.word {
        "table" if fact.get("server").is_none() => {
            Some(Check { sql: format!("SELECT count(*) FROM {}", fact.name), what: "rows".to_owned() })
        }
        "column" => Some(Check {
            sql: format!("SELECT count({}) FROM {}", fact.own_name(), fact.holder()),
            what: "values".to_owned(),
        }),
        _ => None,
    }
}

/// Asks the rows, and leaves undone what they do not allow, with all that belongs to it.
///
/// # Errors
/// The connection broke.
pub async fn check(session: &Session, steps: &mut [Step]) -> Result<(), SessionError> {
    for at in 0..steps.len() {
        let Some(check) = steps[at].check.clone() else { continue };
        let answer =
            session.send(&Message::users(format!("BEGIN READ ONLY; {}; ROLLBACK", check.sql))).await.rows().await;
        let count = match answer {
            Ok(rows) => {
                Ok(rows.into_iter().find_map(|row| row.into_iter().next()?).and_then(|it| it.parse::<i64>().ok()))
            }
            Err(SessionError::Server(error)) => {
                session.send(&Message::control("ROLLBACK")).await.done().await?;
                Err(error.message.clone())
            }
            Err(lost) => return Err(lost),
        };
        settle(steps, at, &check, count);
    }
    Ok(())
}

fn settle(steps: &mut [Step], at: usize, check: &Check, count: Result<Option<i64>, String>) {
    match (&steps[at].doing, count) {
        (Doing::Done, Ok(Some(0))) | (Doing::Accepted, _) => {}
        (Doing::Done, Ok(Some(count))) => give_up(steps, at, format!("{count} {}", check.what)),
        (Doing::Done, Ok(None)) => give_up(steps, at, "the rows gave no number".to_owned()),
        (Doing::Done, Err(error)) => give_up(steps, at, format!("nobody can tell what it does to the rows: {error}")),
        (Doing::Not(reason), Ok(Some(count))) => {
            steps[at].doing = Doing::Not(format!("{reason}; it holds {count} {}", check.what))
        }
        (Doing::Not(_), _) => {}
    }
}

/// Leaves a step undone, and those under the same line with it.
pub(super) fn give_up(steps: &mut [Step], at: usize, reason: String) {
    let (state, object) = (steps[at].state.clone(), steps[at].object.clone());
    for step in steps.iter_mut().filter(|step| !state.is_empty() && step.state == state && step.is_done()) {
        step.doing = Doing::Not(format!("it belongs to {object}"));
    }
    steps[at].doing = Doing::Not(reason);
}
