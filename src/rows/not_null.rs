//! 23502: a column must have a value, and rows have none.

use super::Explanation;
use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, table_of};
use super::words;
use crate::connect::ServerError;
use crate::pg::name::quote_ident;
use crate::sql::{Named, written};
use crate::statement::Demand;

pub async fn explain(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    let Some(column) = error.column.as_ref() else { return Ok(None) };
    let made = demands.iter().find_map(|demand| match demand {
        Demand::NewColumn { table, column: name, of_type } if name == column => Some((table, of_type)),
        _ => None,
    });
    let cast = demands.iter().find_map(|demand| match demand {
        Demand::Type { table, column: name, using: Some(using), .. } if name == column => Some((table, using)),
        _ => None,
    });
    let stated: Option<&Named> = made.map(|(table, _)| table).or(cast.map(|(table, _)| table));
    let Some(table) = table_of(error, stated) else { return Ok(None) };
    let relation = probe.relation(&table).await?;
    match (made, cast) {
        (Some((_, of_type)), _) => new_column(probe, &relation, column, of_type).await,
        (None, Some((_, using))) => gives_null(probe, &relation, column, using).await,
        (None, None) => holds_null(probe, &relation, column).await,
    }
}

/// The rows without a value in a column.
pub async fn holds_null(probe: &Probe<'_>, relation: &Relation, column: &str) -> Result<Option<Explanation>, Untold> {
    let (shown, sql) = (written(column), quote_ident(column));
    let condition = format!("{sql} IS NULL");
    let Some(offenders) = probe.offenders((relation, &relation.sql), &condition, &[]).await? else { return Ok(None) };
    let found = format!(
        "{} {} no value in {shown}{}",
        words::rows(offenders.count, &relation.shown),
        words::verb(offenders.count, "holds", "hold"),
        offenders.keys(relation)
    );
    let help = vec![
        format!("SELECT * FROM {} WHERE {shown} IS NULL;", relation.shown),
        format!("UPDATE {} SET {shown} = … WHERE {shown} IS NULL;", relation.shown),
    ];
    Ok(Some(Explanation { rows: offenders.count, found: vec![found], help }))
}

/// The rows for which USING returns no value.
pub async fn gives_null(
    probe: &Probe<'_>,
    relation: &Relation,
    column: &str,
    using: &str,
) -> Result<Option<Explanation>, Untold> {
    let (condition, sql) = (format!("({using}) IS NULL"), quote_ident(column));
    let offenders = probe.offenders((relation, &relation.sql), &condition, &[sql]).await?;
    Ok(offenders.map(|offenders| {
        let found = format!(
            "USING gives no value for {}{}",
            words::rows(offenders.count, &relation.shown),
            offenders.rows(relation, &[column.to_owned()])
        );
        Explanation { rows: offenders.count, found: vec![found], help: Vec::new() }
    }))
}

/// All rows: a new column that no default fills.
pub async fn new_column(
    probe: &Probe<'_>,
    relation: &Relation,
    column: &str,
    of_type: &str,
) -> Result<Option<Explanation>, Untold> {
    let Some(offenders) = probe.offenders((relation, &relation.sql), "true", &[]).await? else { return Ok(None) };
    let (shown, table) = (written(column), &relation.shown);
    let found = format!(
        "{} would hold no value in the new column {shown}{}",
        words::rows(offenders.count, table),
        offenders.keys(relation)
    );
    let help = vec![
        format!("ALTER TABLE {table} ADD COLUMN {shown} {of_type};"),
        format!("UPDATE {table} SET {shown} = …;"),
        format!("ALTER TABLE {table} ALTER COLUMN {shown} SET NOT NULL;"),
    ];
    Ok(Some(Explanation { rows: offenders.count, found: vec![found], help }))
}
