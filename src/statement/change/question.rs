//! Questions to the data whether a statement on it ran: from its pieces to one query each, which only reads.
//!
//! A question may fail on the server where the statement would not (an assignment's cast): then it has no answer. Who knows
//! the table tells which of its columns have no equality (`as_text`).

use super::{Data, DataAct};
use crate::pg::name::quote_ident;
use crate::sql::Named;

/// A column and its default as SQL.
pub type Default<'a> = (&'a str, Option<&'a str>);

/// How many rows running it now would change, delete or add.
pub fn would_change(data: &Data) -> Option<String> {
    askable(data)?;
    match &data.act {
        DataAct::Update { .. } => counted(data, &changed(data)?),
        DataAct::Delete { .. } => counted(data, ""),
        DataAct::Insert { rows, in_text: false, .. } => {
            let (table, columns) = (quoted(data.writes.first()?), compared(data));
            Some(format!(
                "SELECT count(*) FROM (({}) EXCEPT ALL SELECT {columns} FROM {table}) AS missing",
                typed(data, rows)?
            ))
        }
        _ => None,
    }
}

/// UPDATE, INSERT: how many rows it chooses, whatever it would make of them.
pub fn rows_picked(data: &Data) -> Option<String> {
    match &data.act {
        DataAct::Update { picks: Some(_), .. } => counted(data, ""),
        DataAct::Insert { picked: Some(picked), .. } => {
            Some(format!("SELECT count(*) FROM ({}) AS picked", picked.rows))
        }
        _ => None,
    }
}

/// UPDATE: how many rows of the whole table hold anything but NULL or the default in a column that it sets.
pub fn untouched(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    let DataAct::Update { target, alias, set, .. } = &data.act else { return None };
    let written = any(set, |column, _| format!("NOT ({})", unwritten(data, alias, column, defaults)));
    Some(format!("SELECT count(*) FROM {target} WHERE {}", written?))
}

/// UPDATE: how many of the rows that it would change hold NULL or the default in a column that it sets; 0: somebody wrote
/// each of them.
pub fn all_written(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    askable(data)?;
    let DataAct::Update { alias, set, .. } = &data.act else { return None };
    let unwritten = any(set, |column, _| unwritten(data, alias, column, defaults))?;
    counted(data, &format!("({}) AND ({unwritten})", changed(data)?))
}

/// INSERT: how many of its rows are there, by the columns that it names.
pub fn rows_present(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
    let (table, columns) = (quoted(data.writes.first()?), compared(data));
    Some(format!(
        "SELECT count(*) FROM (({}) INTERSECT ALL SELECT {columns} FROM {table}) AS present",
        typed(data, rows)?
    ))
}

/// INSERT … VALUES: how many of its rows are not in the table, looked for by a unique key among its columns.
pub fn missing_by_key(data: &Data, key: &[String]) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
    let (table, named) = (quoted(data.writes.first()?), data.columns.as_ref()?);
    rows.starts_with("VALUES ").then_some(())?;
    let same = |column: &String| {
        let (name, cast) = (quote_ident(column), data.as_text_cast(column));
        let equals = if key.contains(column) { "=" } else { "IS NOT DISTINCT FROM" };
        format!("there.{name}{cast} {equals} wanted.{name}{cast}")
    };
    let same = named.iter().map(same).collect::<Vec<_>>().join(" AND ");
    let rows = typed(&Data { as_text: Vec::new(), ..data.clone() }, rows)?;
    let columns = columns(data);
    Some(format!(
        "SELECT count(*) FROM ({rows}) AS wanted ({columns}) WHERE NOT EXISTS (SELECT FROM {table} AS there WHERE {same})"
    ))
}

/// INSERT: how many rows it has.
pub fn row_count(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
    Some(format!("SELECT count(*) FROM ({}) AS wanted", typed(data, rows)?))
}

/// Of INSERTs with the same columns of one table, for each its answers to [`would_change`], [`row_count`] and [`rows_present`]. The table
/// is read once: its rows and theirs are counted by what they hold. None for fewer than two.
pub fn compared_together(all: &[Data]) -> Option<String> {
    let (first, table) = (all.first()?, quoted(all.first()?.writes.first()?));
    let named = first.columns.as_ref().filter(|_| all.len() > 1)?;
    let names = list(named);
    let mut parts = vec![format!("SELECT {}, NULL::pg_catalog.int4 FROM {table}", compared(first))];
    for (at, data) in all.iter().enumerate() {
        askable(data)?;
        let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
        parts.push(format!("SELECT wanted.*, {at}::pg_catalog.int4 FROM ({}) AS wanted", typed(data, rows)?));
    }
    Some(format!(
        "SELECT lockgate_at, pg_catalog.sum(greatest(lockgate_own OPERATOR(pg_catalog.-) lockgate_there, 0)), \
         pg_catalog.sum(lockgate_own), pg_catalog.sum(least(lockgate_own, lockgate_there)) FROM (\
         SELECT lockgate_at, lockgate_own, coalesce(pg_catalog.sum(lockgate_own) FILTER (WHERE lockgate_at IS NULL) \
         OVER (PARTITION BY {names}), 0)::pg_catalog.int8 AS lockgate_there FROM (\
         SELECT {names}, lockgate_at, count(*) AS lockgate_own FROM ({}) AS lockgate_rows ({names}, lockgate_at) \
         GROUP BY {names}, lockgate_at) AS lockgate_groups) AS lockgate_counts \
         WHERE lockgate_at IS NOT NULL GROUP BY lockgate_at",
        parts.join(" UNION ALL ")
    ))
}

/// Questions for a number each as one; none for fewer than two.
pub fn all_of(questions: &[String]) -> Option<String> {
    (questions.len() > 1).then_some(())?;
    let part = |(at, question): (usize, &String)| format!("SELECT {at}, ({question})");
    Some(questions.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL "))
}

/// Whether the table that it writes to has no row.
pub fn table_is_empty(data: &Data) -> Option<String> {
    Some(format!("SELECT NOT EXISTS (SELECT FROM {})", quoted(data.writes.first()?)))
}

/// How many rows the table has that it writes to.
pub fn table_rows(data: &Data) -> Option<String> {
    Some(format!("SELECT count(*) FROM {}", quoted(data.writes.first()?)))
}

impl Data {
    /// What makes a column of a type without equality comparable.
    fn as_text_cast(&self, column: &str) -> &'static str {
        if self.as_text.iter().any(|(name, _)| name == column) { "::pg_catalog.text" } else { "" }
    }
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

/// The columns as they are compared.
fn compared(data: &Data) -> String {
    let column = |name: &String| format!("{}{}", quote_ident(name), data.as_text_cast(name));
    data.columns
        .as_ref()
        .map_or_else(|| "*".to_owned(), |columns| columns.iter().map(column).collect::<Vec<_>>().join(", "))
}

/// The rows of an INSERT, their literals of the types that the table's columns have: an untyped one takes its type from
/// what it is united with.
fn typed(data: &Data, rows: &str) -> Option<String> {
    let table = quoted(data.writes.first()?);
    let rows = match (&data.columns, rows.strip_prefix("VALUES ")) {
        (Some(columns), Some(values)) => {
            let null = |column: &String| format!("(SELECT {} FROM {table} LIMIT 0)", quote_ident(column));
            let first = columns.iter().map(null).collect::<Vec<_>>().join(", ");
            format!("VALUES ({first}), {values} OFFSET 1")
        }
        _ => format!("SELECT {} FROM {table} WHERE false UNION ALL ({rows})", columns(data)),
    };
    Some(match data.as_text.is_empty() {
        true => rows,
        false => format!("SELECT {} FROM ({rows}) AS wanted ({})", compared(data), columns(data)),
    })
}

fn any(set: &[(String, String)], condition: impl Fn(&str, &str) -> String) -> Option<String> {
    let all: Vec<String> = set.iter().map(|(column, value)| condition(column, value)).collect();
    (!all.is_empty()).then(|| all.join(" OR "))
}

fn changed(data: &Data) -> Option<String> {
    let DataAct::Update { alias, set, .. } = &data.act else { return None };
    any(set, |column, value| {
        let (shown, cast) = (format!("{alias}.{}", quote_ident(column)), data.as_text_cast(column));
        match data.as_text.iter().find(|(name, _)| name == column) {
            Some((_, type_)) => format!("{shown}{cast} IS DISTINCT FROM (({value})::{type_}){cast}"),
            None => format!("{shown} IS DISTINCT FROM ({value})"),
        }
    })
}

fn unwritten(data: &Data, alias: &str, column: &str, defaults: &[Default<'_>]) -> String {
    let shown = format!("{alias}.{}", quote_ident(column));
    let default = defaults.iter().find(|(name, _)| *name == column).and_then(|(_, default)| *default);
    match default {
        Some(default) => {
            let cast = data.as_text_cast(column);
            format!("{shown} IS NULL OR {shown}{cast} IS NOT DISTINCT FROM ({default}){cast}")
        }
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
