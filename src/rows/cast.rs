//! 22P02 and related errors, and 42804: values that the new type does not accept, or to which no cast leads.

use super::Explanation;
use super::no_answer::Untold;
use super::not_null;
use super::probe::Probe;
use super::relation::{Relation, all_written, table_of, text};
use super::words::{self, MOST, is_cut, quoted};
use crate::chain::scan;
use crate::connect::{Row, ServerError, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Named, written};
use crate::statement::Demand;

/// A column whose type changes.
struct Change<'a> {
    table: &'a Named,
    column: &'a str,
    wanted: &'a str,
    using: Option<&'a str>,
}

impl<'a> Change<'a> {
    fn of(demand: &'a Demand) -> Option<Self> {
        match demand {
            Demand::Type { table, column, wanted, using } => {
                Some(Change { table, column, wanted, using: using.as_deref() })
            }
            _ => None,
        }
    }

    /// The new value as SQL.
    fn expression(&self) -> String {
        self.using.map_or_else(|| quote_ident(self.column), str::to_owned)
    }
}

fn changes(demands: &[Demand]) -> impl Iterator<Item = Change<'_>> {
    demands.iter().filter_map(Change::of)
}

/// The first column of the statement with values that its type does not accept: the error does not name it.
pub async fn explain(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    for change in changes(demands) {
        let Some(table) = table_of(error, Some(change.table)) else { continue };
        let relation = probe.relation(&table).await?;
        if let Some(refused) = Refused::find(probe, &relation, &change, &change.expression()).await? {
            return Ok(Some(refused.explanation(&relation, &change)));
        }
    }
    Ok(None)
}

/// Queries if the column is never NULL, if dependent objects are checked again with the new values, and if the new values are as
/// distinct and as large as the old ones.
const HANGING: &str = include_str!("cast.sql");

/// The values that a new type does not accept, before their conversion.
pub async fn refused(probe: &Probe<'_>, relation: &Relation, demand: &Demand) -> Result<Option<Explanation>, Untold> {
    let Some(change) = Change::of(demand) else { return Ok(None) };
    assignable(probe, relation, &change).await?;
    if let Some(refused) = Refused::find(probe, relation, &change, &change.expression()).await? {
        return Ok(Some(refused.explanation(relation, &change)));
    }
    let question = HANGING
        .replace("{table}", &message::resolved(&quote_literal(&relation.sql)))
        .replace("{column}", &quote_literal(change.column))
        .replace("{wanted}", &message::along(&format!("to_regtype({})", quote_literal(change.wanted))));
    let row = probe.of_catalog(&question).await?.into_iter().next();
    let is = |at: usize| row.as_ref().and_then(|row| row.get(at)?.as_deref()) == Some("t");
    let (is_filled, hangs, keeps) = (is(0), is(1), is(2));
    if let Some(using) = change.using.filter(|_| is_filled) {
        let found = not_null::gives_null(probe, relation, change.column, using).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    if hangs && !(keeps && change.using.is_none()) && probe.has_rows(relation).await? {
        return Err(Untold::Because(format!(
            "every value becomes {}; keys, references and conditions are checked again with the new values",
            change.wanted
        )));
    }
    Ok(None)
}

/// Succeeds if the server converts implicitly: PL/pgSQL, which tries the rows, converts more than ALTER TABLE does.
async fn assignable(probe: &Probe<'_>, relation: &Relation, change: &Change<'_>) -> Result<(), Untold> {
    let expression = change.expression();
    let body = format!("SELECT {expression} FROM (SELECT (lockgate_row).*) AS {}", quote_ident(&relation.name));
    probe.clear(&format!("{}, NULL::{}", own_rows(relation, &expression), change.wanted)).await?;
    let make = format!(
        "CREATE FUNCTION pg_temp.lockgate_takes(lockgate_row {}) RETURNS {} LANGUAGE sql AS {}",
        relation.sql,
        change.wanted,
        quote_literal(&body)
    );
    probe.make(&make).await.map_err(|untold| match untold {
        Untold::Refused(sqlstate) if sqlstate == "42P13" => {
            let column = written(change.column);
            Untold::Because(format!(
                "no cast brings {column} to {} by itself: the statement lacks USING",
                change.wanted
            ))
        }
        other => other,
    })
}

/// The values of a column that a type does not accept.
struct Refused {
    /// Each value with its number of rows, and the keys of some of them.
    values: Vec<(Option<String>, u64, Option<String>)>,
    distinct: u64,
    rows: u64,
    /// The labels of the type, if it is an enum.
    labels: Vec<String>,
}

impl Refused {
    /// Tries each row separately: a function can continue after an error. The function exists only in this transaction.
    async fn find(
        probe: &Probe<'_>,
        relation: &Relation,
        change: &Change<'_>,
        expression: &str,
    ) -> Result<Option<Self>, Untold> {
        let body = format!(
            "#variable_conflict use_column\nDECLARE lockgate_value {};\nBEGIN\nSELECT {expression} INTO lockgate_value FROM \
             (SELECT (lockgate_row).*) AS {};\nRETURN false;\nEXCEPTION WHEN data_exception OR \
             integrity_constraint_violation THEN RETURN true;\nEND",
            change.wanted,
            quote_ident(&relation.name)
        );
        let make = format!(
            "CREATE FUNCTION pg_temp.lockgate_refuses(lockgate_row {}) RETURNS pg_catalog.bool LANGUAGE plpgsql AS {}",
            relation.sql,
            quote_literal(&body)
        );
        probe.clear(&own_rows(relation, &format!("({expression}), NULL::{}", change.wanted))).await?;
        probe.make(&make).await?;
        let key = match relation.key.as_slice() {
            [key] => quote_ident(key),
            _ => "NULL".to_owned(),
        };
        let question = format!(
            "WITH refused AS MATERIALIZED (SELECT {key} AS key, {} AS value FROM {} AS lockgate_row WHERE \
             pg_temp.lockgate_refuses(lockgate_row)) SELECT value, times, (SELECT pg_catalog.string_agg(k, ', ') FROM (SELECT {} FROM \
             refused r WHERE r.value IS NOT DISTINCT FROM g.value ORDER BY key LIMIT {MOST}) AS few(k)), distinct_values, \
             in_all FROM (SELECT value, pg_catalog.count(*) AS times, pg_catalog.count(*) OVER () AS distinct_values, pg_catalog.sum(pg_catalog.count(*)) OVER () AS \
             in_all FROM refused GROUP BY value ORDER BY times DESC, value LIMIT {MOST}) g ORDER BY times DESC, value",
            text(&quote_ident(change.column)),
            relation.sql,
            text("key")
        );
        let drop = format!("DROP FUNCTION pg_temp.lockgate_refuses({})", relation.sql);
        let groups = probe.rows(&question).await?;
        probe.make(&drop).await?;
        let Some(first) = groups.first() else { return Ok(None) };
        let number = |row: &Row, at: usize| row.get(at)?.as_deref()?.parse::<u64>().ok();
        let (Some(distinct), Some(rows)) = (number(first, 3), number(first, 4)) else { return Ok(None) };
        let value = |row: &Row| Some((row.first()?.clone(), number(row, 1)?, row.get(2)?.clone()));
        let labels = format!(
            "SELECT enumlabel FROM pg_catalog.pg_enum WHERE enumtypid = {} ORDER BY enumsortorder",
            message::along(&format!("to_regtype({})", quote_literal(change.wanted)))
        );
        let labels = probe.texts(&labels).await?;
        let values = groups.iter().filter_map(value).collect();
        Ok(Some(Self { values, distinct, rows, labels }))
    }

    fn explanation(&self, relation: &Relation, change: &Change<'_>) -> Explanation {
        let shown: Vec<String> = self.values.iter().map(|value| told(value, relation)).collect();
        let shown = words::list(&shown, Some(self.distinct));
        let is = if self.distinct == 1 { "is" } else { "are" };
        let found = match self.labels.as_slice() {
            [] => format!("{shown} {is} no {} for {}", change.wanted, of(relation, change)),
            labels => format!("{shown} {is} not among the labels of {} ({})", change.wanted, labels_told(labels)),
        };
        let column = written(change.column);
        let look = format!("SELECT {column}, count(*) FROM {} GROUP BY {column};", relation.shown);
        let help = [look].into_iter().chain(self.help(relation, change)).collect();
        Explanation { rows: Some(self.rows), found: vec![found], help }
    }

    fn help(&self, relation: &Relation, change: &Change<'_>) -> Option<String> {
        let is_whole = |value: &&str| !is_cut(value) && !value.contains(char::is_control);
        let literal = |value: &Option<String>| value.as_deref().filter(is_whole).map(quoted);
        let values: Option<Vec<String>> = self.values.iter().map(|(value, ..)| literal(value)).collect();
        let (values, column, table) = (values?, written(change.column), &relation.shown);
        if self.labels.is_empty() {
            return Some(format!("UPDATE {table} SET {column} = … WHERE {column}::text IN ({});", values.join(", ")));
        }
        let cases: Vec<String> = values.iter().map(|value| format!("WHEN {value} THEN '…'")).collect();
        let wanted = change.wanted;
        Some(format!(
            "ALTER TABLE {table} ALTER COLUMN {column} TYPE {wanted} USING (CASE {column}::text {} ELSE {column}::text \
             END)::{wanted};",
            cases.join(" ")
        ))
    }
}

/// A query of an expression over the rows of a relation, whose unqualified name is its alias.
fn own_rows(relation: &Relation, expression: &str) -> String {
    format!("SELECT {expression} FROM {} AS {}", relation.sql, quote_ident(&relation.name))
}

fn of(relation: &Relation, change: &Change<'_>) -> String {
    format!("{}.{}", relation.shown, written(change.column))
}

/// `'default' in 3 rows (id 1, 4, 9)`.
fn told((value, rows, keys): &(Option<String>, u64, Option<String>), relation: &Relation) -> String {
    let value = value.as_deref().map_or_else(|| "NULL".to_owned(), quoted);
    let keys = match (all_written(&relation.key).as_slice(), keys) {
        ([key], Some(keys)) if *rows > MOST as u64 => format!(" ({key} {keys}, …)"),
        ([key], Some(keys)) => format!(" ({key} {keys})"),
        _ => String::new(),
    };
    format!("{value} in {rows} {}{keys}", words::verb(Some(*rows), "row", "rows"))
}

fn labels_told(labels: &[String]) -> String {
    let few: Vec<String> = labels.iter().take(2 * MOST).cloned().collect();
    words::list(&few, u64::try_from(labels.len()).ok())
}

/// 42804: there is no implicit cast. The server hints at USING if the column lacks one; for a default it gives no hint.
pub async fn explain_missing(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    let named = |change: &Change<'_>| error.message.contains(&format!("\"{}\"", change.column));
    let Some(change) = changes(demands).find(named).or_else(|| changes(demands).next()) else { return Ok(None) };
    let relation = probe.relation(change.table).await?;
    match error.hint {
        Some(_) => missing_cast(probe, &relation, &change).await.map(Some),
        None => missing_default(probe, &relation, &change).await,
    }
}

async fn missing_cast(probe: &Probe<'_>, relation: &Relation, change: &Change<'_>) -> Result<Explanation, Untold> {
    let (column, wanted) = (written(change.column), change.wanted);
    let using = change.using.map_or_else(|| format!("{column}::{wanted}"), |using| format!("({using})::{wanted}"));
    let help = format!("ALTER TABLE {} ALTER COLUMN {column} TYPE {wanted} USING {using};", relation.shown);
    let expression = change.using.map_or_else(|| quote_ident(change.column), |using| format!("({using})"));
    let refused = Refused::find(probe, relation, change, &format!("{expression}::{wanted}")).await?;
    let Some(refused) = refused else {
        let found = format!("USING brings every row of {} to {wanted}", relation.shown);
        return Ok(Explanation { rows: None, found: vec![found], help: vec![help] });
    };
    let mut explanation = refused.explanation(relation, change);
    // If rows need another value first, an UPDATE helps and USING follows it; the CASE of an enum contains both.
    if refused.labels.is_empty() {
        explanation.help.push(help);
    }
    Ok(explanation)
}

async fn missing_default(
    probe: &Probe<'_>,
    relation: &Relation,
    change: &Change<'_>,
) -> Result<Option<Explanation>, Untold> {
    let sql = format!(
        "SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid) FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON \
         a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE d.adrelid = {} AND a.attname = {}",
        message::resolved(&quote_literal(&relation.sql)),
        quote_literal(change.column)
    );
    let Some(default) = probe.texts(&sql).await?.pop() else { return Ok(None) };
    let alter = format!("ALTER TABLE {} ALTER COLUMN {}", relation.shown, written(change.column));
    // A value that the new type does not accept is for a person to choose.
    let is_value = probe.rows(&format!("SELECT ({})::{}", bare(&default), change.wanted)).await.is_ok();
    let value = if is_value { bare(&default) } else { "…" };
    Ok(Some(Explanation {
        rows: None,
        found: vec![format!(
            "the default of {}, {default}, does not become {} by itself",
            of(relation, change),
            change.wanted
        )],
        help: vec![
            format!("before the statement: {alter} DROP DEFAULT;"),
            format!("after it: {alter} SET DEFAULT {value};"),
        ],
    }))
}

/// `'tech'` for `'tech'::text`: a literal takes the type of its column.
fn bare(default: &str) -> &str {
    let pieces: Vec<_> = scan::scan(default).filter(|piece| piece.kind.is_code()).collect();
    let is_cast = |rest: &[scan::Piece]| {
        let (strings, colons) = (scan::Kind::String, rest.iter().filter(|piece| &default[piece.range.clone()] == ":"));
        colons.count() == 2 && rest.iter().all(|piece| piece.kind != strings)
    };
    match pieces.split_first() {
        Some((first, rest)) if first.kind == scan::Kind::String && is_cast(rest) => &default[first.range.clone()],
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_default_loses_the_type_that_it_had() {
        for (default, left) in
            [("'it''s'::text", "'it''s'"), ("now()", "now()"), ("'a'::text || 'b'::text", "'a'::text || 'b'::text")]
        {
            assert_eq!(bare(default), left);
        }
    }
}
