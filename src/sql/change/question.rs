//! Questions to the data whether a statement on it ran: from its pieces to one query each, which only reads.
//!
//! A question may fail on the server where the statement would not (no equality for json, an assignment's cast): then it
//! has no answer. Where an INSERT names no columns, who knows those of the table puts them into `columns` first.

use super::{Data, DataAct, Named};
use crate::pg::name::quote_ident;

/// A column and its default as SQL.
pub type Default<'a> = (&'a str, Option<&'a str>);

/// How many rows running it now would change, delete or add.
pub fn would_change(data: &Data) -> Option<String> {
    askable(data)?;
    match &data.act {
        DataAct::Update { alias, set, .. } => counted(data, &changed(alias, set)?),
        DataAct::Delete { .. } => counted(data, ""),
        DataAct::Insert { rows, .. } => {
            let (table, columns) = (quoted(data.writes.first()?), columns(data));
            Some(format!(
                "SELECT count(*) FROM (({}) EXCEPT ALL SELECT {columns} FROM {table}) AS missing",
                typed(data, rows)?
            ))
        }
        _ => None,
    }
}

/// UPDATE: how many rows of the whole table hold anything but NULL or the default in a column that it sets.
pub fn untouched(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    let DataAct::Update { target, alias, set, .. } = &data.act else { return None };
    let written = any(set, |column, _| format!("NOT ({})", unwritten(alias, column, defaults)));
    Some(format!("SELECT count(*) FROM {target} WHERE {}", written?))
}

/// UPDATE: how many of the rows that it would change hold NULL or the default in a column that it sets; 0: somebody wrote
/// each of them.
pub fn all_written(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    askable(data)?;
    let DataAct::Update { alias, set, .. } = &data.act else { return None };
    let unwritten = any(set, |column, _| unwritten(alias, column, defaults))?;
    counted(data, &format!("({}) AND ({unwritten})", changed(alias, set)?))
}

/// INSERT: how many of its rows are there, by the columns that it names.
pub fn rows_present(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, .. } = &data.act else { return None };
    let (table, columns) = (quoted(data.writes.first()?), columns(data));
    Some(format!(
        "SELECT count(*) FROM (({}) INTERSECT ALL SELECT {columns} FROM {table}) AS present",
        typed(data, rows)?
    ))
}

/// INSERT: how many rows it has.
pub fn row_count(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, .. } = &data.act else { return None };
    Some(format!("SELECT count(*) FROM ({}) AS wanted", typed(data, rows)?))
}

/// Whether the table that it writes to has no row.
pub fn table_is_empty(data: &Data) -> Option<String> {
    Some(format!("SELECT NOT EXISTS (SELECT FROM {})", quoted(data.writes.first()?)))
}

fn askable(data: &Data) -> Option<()> {
    data.unaskable.is_none().then_some(())
}

pub(super) fn quoted(name: &Named) -> String {
    match &name.schema {
        Some(schema) => format!("{}.{}", quote_ident(schema), quote_ident(&name.name)),
        None => quote_ident(&name.name),
    }
}

fn columns(data: &Data) -> String {
    data.columns.as_ref().map_or_else(|| "*".to_owned(), |columns| list(columns))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quote_ident(column)).collect::<Vec<_>>().join(", ")
}

/// The rows of an INSERT, their literals of the types that the table's columns have: an untyped one takes its type from
/// what it is united with.
fn typed(data: &Data, rows: &str) -> Option<String> {
    let table = quoted(data.writes.first()?);
    match (&data.columns, rows.strip_prefix("VALUES ")) {
        (Some(columns), Some(values)) => {
            let null = |column: &String| format!("(SELECT {} FROM {table} LIMIT 0)", quote_ident(column));
            let first = columns.iter().map(null).collect::<Vec<_>>().join(", ");
            Some(format!("VALUES ({first}), {values} OFFSET 1"))
        }
        _ => Some(format!("SELECT {} FROM {table} WHERE false UNION ALL ({rows})", columns(data))),
    }
}

fn any(set: &[(String, String)], condition: impl Fn(&str, &str) -> String) -> Option<String> {
    let all: Vec<String> = set.iter().map(|(column, value)| condition(column, value)).collect();
    (!all.is_empty()).then(|| all.join(" OR "))
}

fn changed(alias: &str, set: &[(String, String)]) -> Option<String> {
    any(set, |column, value| format!("{alias}.{} IS DISTINCT FROM ({value})", quote_ident(column)))
}

fn unwritten(alias: &str, column: &str, defaults: &[Default<'_>]) -> String {
    let shown = format!("{alias}.{}", quote_ident(column));
    let default = defaults.iter().find(|(name, _)| *name == column).and_then(|(_, default)| *default);
    match default {
        Some(default) => format!("{shown} IS NULL OR {shown} IS NOT DISTINCT FROM ({default})"),
        None => format!("{shown} IS NULL"),
    }
}

/// Counts the rows of the target that the statement's own condition and `also` let through, each once.
fn counted(data: &Data, also: &str) -> Option<String> {
    let (target, alias, others, condition, with) = match &data.act {
        DataAct::Update { target, alias, from, condition, with, .. } => (target, alias, from, condition, with),
        DataAct::Delete { target, alias, using, condition, with } => (target, alias, using, condition, with),
        _ => return None,
    };
    let conditions = [condition.as_str(), also].into_iter().filter(|one| !one.is_empty());
    let conditions: Vec<String> = conditions.map(|one| format!("({one})")).collect();
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    Some(match others.as_str() {
        "" => format!("{with}SELECT count(*) FROM {target}{filter}"),
        // A row that matches several is one row.
        others => {
            format!("{with}SELECT count(DISTINCT ({alias}.tableoid, {alias}.ctid)) FROM {target}, {others}{filter}")
        }
    })
}
