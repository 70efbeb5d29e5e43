//! 23503: rows point to rows that are not there.

use super::Explanation;
use super::rows::{Asker, Relation, all_written, shown, sql_of, table_of};
use super::words;
use crate::connect::ServerError;
use crate::connect::message;
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Demand, Named, written};

/// Which columns point where.
struct Reference {
    columns: Vec<String>,
    parent: Named,
    parent_columns: Vec<String>,
}

pub async fn explain(asker: &Asker<'_>, demands: &[Demand], error: &ServerError) -> Option<Explanation> {
    let constraint = error.constraint.as_ref()?;
    let table = table_of(error, demands.iter().find_map(table))?;
    let relation = asker.relation(&table).await?;
    let (reference, is_new) = match stated(asker, demands, &relation, constraint).await {
        Some(reference) => (reference, true),
        None => (recorded(asker, &relation, constraint).await?, false),
    };
    let parent = shown(&reference.parent);
    let condition = condition(&reference, &sql_of(&reference.parent), &relation.name, quote_ident);
    let columns: Vec<String> = reference.columns.iter().map(|column| quote_ident(column)).collect();
    let offenders = asker.offenders(&relation, &condition, &columns).await?;
    let found = format!(
        "{} {} to {parent} that are not there{}",
        words::rows(offenders.count, &relation.shown),
        words::verb(offenders.count, "points", "point"),
        offenders.rows(&relation, &reference.columns)
    );
    let told = self::condition(&reference, &parent, &relation.name, written);
    let unset = all_written(&reference.columns).join(" = …, ");
    let mut help = vec![
        format!("SELECT * FROM {} WHERE {told};", relation.shown),
        format!("UPDATE {} SET {unset} = … WHERE {told};", relation.shown),
        format!("or DELETE FROM {} WHERE {told};", relation.shown),
    ];
    if is_new {
        help.push("or add the constraint NOT VALID: it then holds for new rows only".to_owned());
    }
    Some(Explanation { rows: offenders.count, found: vec![found], help })
}

fn table(demand: &Demand) -> Option<&Named> {
    match demand {
        Demand::References { table, .. } | Demand::Valid { table, .. } => Some(table),
        _ => None,
    }
}

/// True of a row that points nowhere; a NULL points to nothing.
fn condition(reference: &Reference, parent: &str, child: &str, name: impl Fn(&str) -> String) -> String {
    let own = |column: &String| format!("{}.{}", name(child), name(column));
    let filled = reference.columns.iter().map(|column| format!("{} IS NOT NULL", own(column)));
    let pairs = reference.columns.iter().zip(&reference.parent_columns);
    let pairs = pairs.map(|(column, there)| format!("p.{} = {}", name(there), own(column)));
    let pairs = pairs.collect::<Vec<_>>().join(" AND ");
    format!("{} AND NOT EXISTS (SELECT FROM {parent} p WHERE {pairs})", filled.collect::<Vec<_>>().join(" AND "))
}

/// The reference that the statement makes; of several without a name, the one that the server would name so.
async fn stated(asker: &Asker<'_>, demands: &[Demand], child: &Relation, constraint: &str) -> Option<Reference> {
    let candidates: Vec<_> = demands
        .iter()
        .filter_map(|demand| match demand {
            Demand::References { constraint: name, columns, parent, parent_columns, .. }
                if name.as_deref().is_none_or(|name| name == constraint) =>
            {
                Some((name, columns, parent, parent_columns))
            }
            _ => None,
        })
        .collect();
    let default_name = |columns: &[String]| format!("{}_{}_fkey", child.name, columns.join("_"));
    let named = candidates.iter().find(|(name, columns, ..)| name.is_some() || default_name(columns) == constraint);
    let (_, columns, parent, parent_columns) = named.or_else(|| candidates.first())?;
    let parent_columns = match parent_columns.as_slice() {
        [] => asker.relation(parent).await?.key,
        columns => columns.to_vec(),
    };
    let is_whole = parent_columns.len() == columns.len();
    is_whole.then(|| Reference { columns: columns.to_vec(), parent: (*parent).clone(), parent_columns })
}

/// The reference of a constraint that is there: one that is validated.
async fn recorded(asker: &Asker<'_>, child: &Relation, constraint: &str) -> Option<Reference> {
    let which = format!(
        "c.contype = 'f' AND c.conrelid = {} AND c.conname = {}",
        message::resolved(&quote_literal(&child.sql)),
        quote_literal(constraint)
    );
    let parent = format!(
        "SELECT n.nspname, r.relname, {} FROM pg_catalog.pg_constraint c JOIN \
         pg_catalog.pg_class r ON r.oid = c.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE {which}",
        message::along("pg_table_is_visible(r.oid)")
    );
    let parent = asker.of_catalog(&parent).await?;
    let [Some(schema), Some(name), visible] = parent.first()?.as_slice() else { return None };
    let schema = (visible.as_deref() != Some("t")).then(|| schema.clone());
    let pairs = format!(
        "SELECT a.attname, p.attname FROM pg_catalog.pg_constraint c, ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey)) WITH ORDINALITY \
         AS k(own, there, at) JOIN pg_catalog.pg_attribute a ON a.attnum = k.own JOIN pg_catalog.pg_attribute p ON p.attnum \
         = k.there WHERE {which} AND a.attrelid = c.conrelid AND p.attrelid = c.confrelid ORDER BY k.at"
    );
    let pairs = asker.of_catalog(&pairs).await?;
    let column = |at: usize| pairs.iter().map(|row| row.get(at).cloned().flatten()).collect::<Option<Vec<String>>>();
    let (columns, parent_columns) = (column(0)?, column(1)?);
    (!columns.is_empty()).then(|| Reference { columns, parent: Named { schema, name: name.clone() }, parent_columns })
}
