//! Questions to the data whether a statement on it ran: one read-only query each, built from the statement's parts.
//!
//! A question may fail on the server although the statement would not (an assignment's cast); it then has no answer. A caller
//! that knows the table says which of its columns have no equality (`as_text`).

use super::{Data, DataAct, IsCalled, Positions};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::Named;

/// A column and its default as SQL.
pub type Default<'a> = (&'a str, Option<&'a str>);

/// The number of rows that a run now would change, delete or add.
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

/// Compares a sequence's position with those that a statement gives it. The answer is the sum of [`POSITION_EQUAL`],
/// [`POSITION_UNUSED`] and [`POSITION_BEFORE`].
pub fn position(sets: &Positions, sequence: &str) -> String {
    let (columns, called) = match sets.is_called {
        IsCalled::Always(called) => ("value", called.to_string()),
        IsCalled::InRows => ("value, called", "wanted.called".to_owned()),
    };
    let (rows, name) = (&sets.rows, quote_literal(sequence));
    // The user's path chooses the operators of the rows, and none of these.
    let is = |left: &str, operator: &str, right: &str| format!("{left} OPERATOR(pg_catalog.{operator}) {right}");
    let same = is("typed.position", "=", "present.last_value");
    let equal = format!("{same} AND {}", is(&called, "=", "present.is_called"));
    let unused = format!("NOT present.is_called AND {}", is("present.last_value", "=", "options.seqstart"));
    let before = format!(
        "{} AND NOT options.seqcycle AND ({} OR {same} AND {})",
        is("options.seqincrement", ">", "0::pg_catalog.int8"),
        is("typed.position", ">", "present.last_value"),
        is(&called, ">", "present.is_called"),
    );
    let states = [
        format!("CASE WHEN pg_catalog.bool_and({equal}) IS NOT FALSE THEN {POSITION_EQUAL} ELSE 0 END"),
        format!("CASE WHEN pg_catalog.bool_and({unused}) THEN {POSITION_UNUSED} ELSE 0 END"),
        format!("CASE WHEN pg_catalog.bool_and({before}) THEN {POSITION_BEFORE} ELSE 0 END"),
    ];
    format!(
        "SELECT {} FROM ({rows}) AS wanted ({columns}), \
         LATERAL (SELECT wanted.value::pg_catalog.int8 AS position) AS typed, {sequence} AS present, \
         pg_catalog.pg_sequence AS options WHERE {} AND typed.position IS NOT NULL AND {called} IS NOT NULL",
        states.join(" OPERATOR(pg_catalog.+) "),
        is("options.seqrelid", "=", &format!("pg_catalog.to_regclass({name})::pg_catalog.oid")),
    )
}

/// Every position that the statement gives is that of the sequence, or it gives none.
pub const POSITION_EQUAL: i64 = 1;
/// The sequence has not been used.
pub const POSITION_UNUSED: i64 = 2;
/// The sequence has not reached any of them, and it only grows (PostgreSQL documentation 9.17).
pub const POSITION_BEFORE: i64 = 4;

/// The sequence of a column, by its quoted name.
pub fn sequence_of(table: &str, column: &str) -> String {
    format!("SELECT pg_catalog.pg_get_serial_sequence({}, {})", quote_literal(table), quote_literal(column))
}

/// UPDATE, INSERT: the number of rows that it chooses, independent of the values that it sets.
pub fn rows_picked(data: &Data) -> Option<String> {
    match &data.act {
        DataAct::Update { picks: Some(_), .. } => counted(data, ""),
        DataAct::Insert { picked: Some(picked), .. } => {
            Some(format!("SELECT count(*) FROM ({}) AS picked", picked.rows))
        }
        _ => None,
    }
}

/// UPDATE: the number of rows of the whole table with a value other than NULL or the default in a column that it sets, or the
/// value that the column began with. The last two count only for a column of `defaults`.
pub fn untouched(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    let DataAct::Update { target, alias, set, .. } = &data.act else { return None };
    let written = any(set, |column, _| format!("NOT ({})", unwritten(data, alias, column, defaults)));
    Some(format!("SELECT count(*) FROM {target} WHERE {}", written?))
}

/// UPDATE: of the rows that it would change, the number with NULL, the default or the first value in a column that it sets. With
/// 0, each of them was written before.
pub fn all_written(data: &Data, defaults: &[Default<'_>]) -> Option<String> {
    askable(data)?;
    let DataAct::Update { alias, set, .. } = &data.act else { return None };
    let unwritten = any(set, |column, _| unwritten(data, alias, column, defaults))?;
    counted(data, &format!("({}) AND ({unwritten})", changed(data)?))
}

/// INSERT: the number of its rows that exist, compared by the columns that it names.
pub fn rows_present(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
    let (table, columns) = (quoted(data.writes.first()?), compared(data));
    Some(format!(
        "SELECT count(*) FROM (({}) INTERSECT ALL SELECT {columns} FROM {table}) AS present",
        typed(data, rows)?
    ))
}

/// INSERT … VALUES: the number of its rows that the table lacks, found by a unique key among its columns.
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

/// INSERT: the number of its rows.
pub fn row_count(data: &Data) -> Option<String> {
    askable(data)?;
    let DataAct::Insert { rows, in_text: false, .. } = &data.act else { return None };
    Some(format!("SELECT count(*) FROM ({}) AS wanted", typed(data, rows)?))
}

/// The answers to [`would_change`], [`row_count`] and [`rows_present`] for each of several INSERTs into the same columns of one
/// table, as one query. The table is read once: its rows and those of the INSERTs are counted by their values. None for fewer
/// than two.
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

/// Several questions for a number as one query; none for fewer than two.
pub fn all_of(questions: &[String]) -> Option<String> {
    (questions.len() > 1).then_some(())?;
    let part = |(at, question): (usize, &String)| format!("SELECT {at}, ({question})");
    Some(questions.iter().enumerate().map(part).collect::<Vec<_>>().join(" UNION ALL "))
}

/// True if the table that it writes to has no row.
pub fn table_is_empty(data: &Data) -> Option<String> {
    Some(format!("SELECT NOT EXISTS (SELECT FROM {})", quoted(data.writes.first()?)))
}

/// The number of rows of the table that it writes to.
pub fn table_rows(data: &Data) -> Option<String> {
    Some(format!("SELECT count(*) FROM {}", quoted(data.writes.first()?)))
}

impl Data {
    /// The cast that makes a column of a type without equality comparable.
    fn as_text_cast(&self, column: &str) -> &'static str {
        if self.as_text.iter().any(|(name, _)| name == column) { "::pg_catalog.text" } else { "" }
    }
}

fn askable(data: &Data) -> Option<()> {
    data.unaskable.is_none().then_some(())
}

pub fn quoted(name: &Named) -> String {
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

/// The columns in the form in which they are compared.
fn compared(data: &Data) -> String {
    let column = |name: &String| format!("{}{}", quote_ident(name), data.as_text_cast(name));
    data.columns
        .as_ref()
        .map_or_else(|| "*".to_owned(), |columns| columns.iter().map(column).collect::<Vec<_>>().join(", "))
}

/// The rows of an INSERT, their literals with the types of the table's columns: an untyped literal takes its type from the other
/// side of the UNION.
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
    let Some((_, default)) = defaults.iter().find(|(name, _)| *name == column) else {
        return format!("{shown} IS NULL");
    };
    let default = default.map(|default| {
        let cast = data.as_text_cast(column);
        format!(" OR {shown}{cast} IS NOT DISTINCT FROM ({default}){cast}")
    });
    let filled = data.writes.first().map(|table| format!(" OR {}", filled(table, column, &shown)));
    format!("{shown} IS NULL{}{}", default.unwrap_or_default(), filled.unwrap_or_default())
}

/// True if a row still holds the value that ADD COLUMN gave to all rows, which the catalog keeps: a default such as `now()` is
/// computed only once for them. Both values are compared as the type prints them.
fn filled(table: &Named, column: &str, shown: &str) -> String {
    let kept = format!(
        "SELECT (attmissingval::pg_catalog.text::pg_catalog.text[])[1] FROM pg_catalog.pg_attribute \
         WHERE attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass({})::pg_catalog.oid \
         AND attname OPERATOR(pg_catalog.=) {}",
        quote_literal(&quoted(table)),
        quote_literal(column),
    );
    format!("coalesce(pg_catalog.format('%s', {shown}) OPERATOR(pg_catalog.=) ({kept}), false)")
}

/// Counts the rows of the target that match the statement's own condition and `also`, each once.
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
        // A row that several other rows match counts once.
        others => {
            format!("{with}SELECT count(DISTINCT ({alias}.tableoid, {alias}.ctid)) FROM {target}, {others}{filter}")
        }
    })
}
