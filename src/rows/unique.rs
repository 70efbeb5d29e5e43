//! 23505: values that must be unique occur more than once.

use super::Explanation;
use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, all_written, table_of, text};
use super::words::{self, MOST};
use crate::connect::{Row, ServerError};
use crate::pg::name::quote_ident;
use crate::sql::written;
use crate::statement::{Demand, Part};

/// The parts of a unique key.
pub struct Key<'a> {
    pub parts: &'a [Part],
    pub condition: Option<&'a str>,
    pub nulls_are_equal: bool,
}

/// The first key of the statement that rows violate, of those to which the error can refer: the key of its name, or those without
/// a name.
pub async fn explain(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    for demand in demands {
        let Demand::Distinct { table, name, parts, condition, nulls_are_equal } = demand else { continue };
        let Some(table) = table_of(error, Some(table)) else { continue };
        if name.is_some() && *name != error.constraint {
            continue;
        }
        let relation = probe.relation(&table).await?;
        let key = Key { parts, condition: condition.as_deref(), nulls_are_equal: *nulls_are_equal };
        if let Some(explanation) = doubled(probe, &relation, &key).await? {
            return Ok(Some(explanation));
        }
    }
    Ok(None)
}

/// Rows whose key another row has too.
pub async fn doubled(probe: &Probe<'_>, relation: &Relation, key: &Key<'_>) -> Result<Option<Explanation>, Untold> {
    let parts: Vec<String> = key.parts.iter().map(Part::sql).collect();
    let mut conditions: Vec<String> = key.condition.iter().map(|condition| format!("({condition})")).collect();
    if !key.nulls_are_equal {
        conditions.extend(parts.iter().map(|part| format!("{part} IS NOT NULL")));
    }
    let condition = if conditions.is_empty() { "true".to_owned() } else { conditions.join(" AND ") };
    let groups = probe.rows(&question(relation, &parts, &condition)).await?;
    let number = |at: usize| groups.first()?.get(at)?.as_deref()?.parse::<u64>().ok();
    let (Some(values), rows) = (number(0), number(1)) else { return Ok(None) };
    let label = match key.parts {
        [Part::Column(column)] => written(column),
        parts => format!("({})", parts.iter().map(Part::shown).collect::<Vec<_>>().join(", ")),
    };
    let shown: Vec<String> = groups.iter().map(|group| told(group, relation)).collect();
    let found = format!(
        "{} hold {} of {label} more than once: {}",
        words::rows(rows, &relation.shown),
        if values == 1 { "a value".to_owned() } else { format!("{values} values") },
        words::list(&shown, Some(values))
    );
    Ok(Some(Explanation { rows, found: vec![found], help: help(key, relation) }))
}

/// The numbers of duplicate values and of their rows; for each value that is shown, its number of rows, the keys of some, and its
/// parts. Keys are queried for a few values only: all of them could be many.
fn question(relation: &Relation, parts: &[String], condition: &str) -> String {
    let names: Vec<String> = (1..=parts.len()).map(|at| format!("lockgate_{at}")).collect();
    let columns: Vec<String> = parts.iter().zip(&names).map(|(part, name)| format!("{part} AS {name}")).collect();
    let order = format!("times DESC, {}", names.join(", "));
    let groups = format!(
        "SELECT pg_catalog.count(*) OVER () AS distinct_values, pg_catalog.sum(pg_catalog.count(*)) OVER () AS in_all, pg_catalog.count(*) AS times, {} FROM {} WHERE \
         {condition} GROUP BY {} HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 1::pg_catalog.int8 ORDER BY {order} LIMIT {MOST}",
        columns.join(", "),
        relation.own,
        parts.join(", ")
    );
    let keys = match relation.key.as_slice() {
        [key] => {
            let key = quote_ident(key);
            let equal = parts.iter().zip(&names).map(|(part, name)| format!("{part} IS NOT DISTINCT FROM g.{name}"));
            let equal = equal.collect::<Vec<_>>().join(" AND ");
            format!(
                "(SELECT pg_catalog.string_agg(k, ', ') FROM (SELECT {} FROM {} WHERE {condition} AND {equal} ORDER BY {key} LIMIT \
                 {MOST}) AS few(k))",
                text(&key),
                relation.own
            )
        }
        _ => "NULL".to_owned(),
    };
    let texts = names.iter().map(|name| text(&format!("g.{name}"))).collect::<Vec<_>>().join(", ");
    format!("SELECT distinct_values, in_all, times, {keys}, {texts} FROM ({groups}) g ORDER BY {order}")
}

/// `x (3 times: id 1, 2, 3)`.
fn told(group: &Row, relation: &Relation) -> String {
    let column = |at: usize| group.get(at).and_then(Option::as_deref);
    let times = column(2).unwrap_or_default();
    let values = match group.get(4..).unwrap_or_default() {
        [one] => words::value(one.as_deref()),
        values => words::tuple(values),
    };
    let more = if times.parse().is_ok_and(|times: usize| times > MOST) { ", …" } else { "" };
    match (all_written(&relation.key).as_slice(), column(3)) {
        ([key], Some(keys)) => format!("{values} ({times} times: {key} {keys}{more})"),
        _ => format!("{values} ({times} times)"),
    }
}

/// The query that shows the rows, and if a key identifies them, the statement that keeps one of each.
fn help(key: &Key<'_>, relation: &Relation) -> Vec<String> {
    let columns: Option<Vec<String>> = key
        .parts
        .iter()
        .map(|part| match part {
            Part::Column(name) => Some(written(name)),
            Part::Expression(_) => None,
        })
        .collect();
    let table = &relation.shown;
    let parts = key.parts.iter().map(|part| match part {
        Part::Column(name) => written(name),
        Part::Expression(sql) => format!("({sql})"),
    });
    let parts: Vec<String> = parts.collect();
    let written_down = parts.iter().filter(|_| !key.nulls_are_equal).map(|part| format!("{part} IS NOT NULL"));
    let conditions: Vec<String> =
        key.condition.iter().map(|condition| format!("({condition})")).chain(written_down).collect();
    let kept = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let parts = parts.join(", ");
    let mut help = vec![format!("SELECT {parts}, count(*) FROM {table}{kept} GROUP BY {parts} HAVING count(*) > 1;")];
    match (columns, all_written(&relation.key).as_slice(), key.condition) {
        (Some(columns), [id], None) if !key.nulls_are_equal => {
            let equal: Vec<String> = columns.iter().map(|column| format!("a.{column} = b.{column}")).collect();
            help.push(format!(
                "to keep the first of each, where the others are worth nothing: DELETE FROM {table} a USING {table} b WHERE \
                 {} AND a.{id} > b.{id};",
                equal.join(" AND ")
            ));
        }
        _ => {}
    }
    help
}
