//! 23502: a column has to hold a value, and rows hold none.

use super::Explanation;
use super::rows::{Asker, table_of};
use super::words;
use crate::connect::ServerError;
use crate::pg::name::quote_ident;
use crate::sql::{Demand, Named, written};

pub async fn explain(asker: &Asker<'_>, demands: &[Demand], error: &ServerError) -> Option<Explanation> {
    let column = error.column.as_ref()?;
    let made = demands.iter().find_map(|demand| match demand {
        Demand::NewColumn { table, column: name, of_type } if name == column => Some((table, of_type)),
        _ => None,
    });
    if let Some((table, of_type)) = made {
        return explain_new(asker, error, table, column, of_type).await;
    }
    let cast = demands.iter().find_map(|demand| match demand {
        Demand::Type { table, column: name, using: Some(using), .. } if name == column => Some((table, using)),
        _ => None,
    });
    let relation = asker.relation(&table_of(error, cast.map(|(table, _)| table))?).await?;
    let (shown, sql) = (written(column), quote_ident(column));
    if let Some((_, using)) = cast {
        let offenders = asker.offenders(&relation, &format!("({using}) IS NULL"), &[sql]).await?;
        let found = format!(
            "USING gives no value for {}{}",
            words::rows(offenders.count, &relation.shown),
            offenders.rows(&relation, std::slice::from_ref(column))
        );
        return Some(Explanation { rows: offenders.count, found: vec![found], help: Vec::new() });
    }
    let offenders = asker.offenders(&relation, &format!("{sql} IS NULL"), &[]).await?;
    let found = format!(
        "{} {} no value in {shown}{}",
        words::rows(offenders.count, &relation.shown),
        words::verb(offenders.count, "holds", "hold"),
        offenders.keys(&relation)
    );
    let help = vec![
        format!("SELECT * FROM {} WHERE {shown} IS NULL;", relation.shown),
        format!("UPDATE {} SET {shown} = … WHERE {shown} IS NULL;", relation.shown),
    ];
    Some(Explanation { rows: offenders.count, found: vec![found], help })
}

async fn explain_new(
    asker: &Asker<'_>,
    error: &ServerError,
    table: &Named,
    column: &str,
    of_type: &str,
) -> Option<Explanation> {
    let relation = asker.relation(&table_of(error, Some(table))?).await?;
    let offenders = asker.offenders(&relation, "true", &[]).await?;
    let (shown, table) = (written(column), &relation.shown);
    let found = format!(
        "{} would hold no value in the new column {shown}{}",
        words::rows(offenders.count, table),
        offenders.keys(&relation)
    );
    let help = vec![
        format!("ALTER TABLE {table} ADD COLUMN {shown} {of_type};"),
        format!("UPDATE {table} SET {shown} = …;"),
        format!("ALTER TABLE {table} ALTER COLUMN {shown} SET NOT NULL;"),
    ];
    Some(Explanation { rows: offenders.count, found: vec![found], help })
}
