//! 23503: rows reference missing rows.

use super::Explanation;
use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, all_written, shown, table_of};
use super::words;
use crate::connect::ServerError;
use crate::connect::message;
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Named, written};
use crate::statement::Demand;

/// The columns of a reference and their targets.
pub struct Reference {
    pub columns: Vec<String>,
    pub parent: Named,
    pub parent_columns: Vec<String>,
    /// MATCH FULL: all columns have a value, or none has.
    pub full: bool,
}

pub async fn explain(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    let Some(constraint) = error.constraint.as_ref() else { return Ok(None) };
    let Some(table) = table_of(error, demands.iter().find_map(table)) else { return Ok(None) };
    let relation = probe.relation(&table).await?;
    match stated(probe, demands, &relation, constraint).await? {
        Some(reference) => dangling(probe, &relation, &reference, true).await,
        None => match recorded(probe, &relation, constraint).await? {
            Some(reference) => dangling(probe, &relation, &reference, false).await,
            None => Ok(None),
        },
    }
}

/// The rows without a target, for a new or an existing constraint.
pub async fn dangling(
    probe: &Probe<'_>,
    relation: &Relation,
    reference: &Reference,
    is_new: bool,
) -> Result<Option<Explanation>, Untold> {
    let there = probe.relation(&reference.parent).await?;
    let parent = shown(&reference.parent);
    let condition = condition(reference, &there.own, &relation.name, quote_ident);
    let columns: Vec<String> = reference.columns.iter().map(|column| quote_ident(column)).collect();
    let Some(offenders) = probe.offenders((relation, &relation.own), &condition, &columns).await? else {
        return Ok(None);
    };
    let found = format!(
        "{} {} to {parent} that are not there{}",
        words::rows(offenders.count, &relation.shown),
        words::verb(offenders.count, "points", "point"),
        offenders.rows(relation, &reference.columns)
    );
    let told = self::condition(reference, &parent, &relation.name, written);
    let unset = all_written(&reference.columns).join(" = …, ");
    let mut help = vec![
        format!("SELECT * FROM {} WHERE {told};", relation.shown),
        format!("UPDATE {} SET {unset} = … WHERE {told};", relation.shown),
        format!("or DELETE FROM {} WHERE {told};", relation.shown),
    ];
    if is_new {
        help.push("or add the constraint NOT VALID: it then holds for new rows only".to_owned());
    }
    Ok(Some(Explanation { rows: offenders.count, found: vec![found], help }))
}

fn table(demand: &Demand) -> Option<&Named> {
    match demand {
        Demand::References { table, .. } | Demand::Valid { table, .. } => Some(table),
        _ => None,
    }
}

/// SQL that is true of a row without a target. A NULL has no target to miss; with MATCH FULL, a NULL beside a value is a
/// violation.
fn condition(reference: &Reference, parent: &str, child: &str, name: impl Fn(&str) -> String) -> String {
    // The parent's alias must differ from the child's, which it would shadow.
    let there_is = if child == "p" { "parent" } else { "p" };
    let own = |column: &String| format!("{}.{}", name(child), name(column));
    let each =
        |what: &str| reference.columns.iter().map(|column| format!("{} {what}", own(column))).collect::<Vec<_>>();
    let filled = each("IS NOT NULL").join(" AND ");
    let pairs = reference.columns.iter().zip(&reference.parent_columns);
    let pairs = pairs.map(|(column, there)| format!("{there_is}.{} = {}", name(there), own(column)));
    let pairs = pairs.collect::<Vec<_>>().join(" AND ");
    let nowhere = format!("{filled} AND NOT EXISTS (SELECT FROM {parent} {there_is} WHERE {pairs})");
    if !reference.full || reference.columns.len() == 1 {
        return nowhere;
    }
    let (some, lacking) = (each("IS NOT NULL").join(" OR "), each("IS NULL").join(" OR "));
    format!("(({nowhere}) OR (({some}) AND ({lacking})))")
}

/// The reference that the statement adds; of several without a name, the one to which the server would give the name.
async fn stated(
    probe: &Probe<'_>,
    demands: &[Demand],
    child: &Relation,
    constraint: &str,
) -> Result<Option<Reference>, Untold> {
    let is_candidate = |demand: &&Demand| {
        matches!(demand, Demand::References { constraint: name, .. }
            if name.as_deref().is_none_or(|name| name == constraint))
    };
    let candidates: Vec<&Demand> = demands.iter().filter(is_candidate).collect();
    let is_named = |demand: &&&Demand| match demand {
        Demand::References { constraint: name, columns, .. } => {
            name.is_some() || format!("{}_{}_fkey", child.name, columns.join("_")) == constraint
        }
        _ => false,
    };
    match candidates.iter().find(is_named).or(candidates.first()) {
        Some(demand) => of_demand(probe, demand).await,
        None => Ok(None),
    }
}

/// The reference that a demand states; none if the parent has no key for it.
pub async fn of_demand(probe: &Probe<'_>, demand: &Demand) -> Result<Option<Reference>, Untold> {
    let Demand::References { columns, parent, parent_columns, full, .. } = demand else { return Ok(None) };
    let parent_columns = match parent_columns.as_slice() {
        [] => probe.relation(parent).await?.key,
        columns => columns.to_vec(),
    };
    let is_whole = parent_columns.len() == columns.len();
    let reference = || Reference { columns: columns.clone(), parent: parent.clone(), parent_columns, full: *full };
    Ok(is_whole.then(reference))
}

/// The reference of an existing constraint that is validated.
pub async fn recorded(probe: &Probe<'_>, child: &Relation, constraint: &str) -> Result<Option<Reference>, Untold> {
    let which = format!(
        "c.contype = 'f' AND c.conrelid = {} AND c.conname = {}",
        message::resolved(&quote_literal(&child.sql)),
        quote_literal(constraint)
    );
    let parent = format!(
        "SELECT n.nspname, r.relname, {}, c.confmatchtype = 'f' FROM pg_catalog.pg_constraint c JOIN \
         pg_catalog.pg_class r ON r.oid = c.confrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace WHERE {which}",
        message::along("pg_table_is_visible(r.oid)")
    );
    let parent = probe.of_catalog(&parent).await?;
    let Some([Some(schema), Some(name), visible, full]) = parent.first().map(Vec::as_slice) else { return Ok(None) };
    let schema = (visible.as_deref() != Some("t")).then(|| schema.clone());
    let pairs = format!(
        "SELECT a.attname, p.attname FROM pg_catalog.pg_constraint c, ROWS FROM (pg_catalog.unnest(c.conkey), pg_catalog.unnest(c.confkey)) WITH ORDINALITY \
         AS k(own, there, at) JOIN pg_catalog.pg_attribute a ON a.attnum = k.own JOIN pg_catalog.pg_attribute p ON p.attnum \
         = k.there WHERE {which} AND a.attrelid = c.conrelid AND p.attrelid = c.confrelid ORDER BY k.at"
    );
    let pairs = probe.of_catalog(&pairs).await?;
    let column = |at: usize| pairs.iter().map(|row| row.get(at).cloned().flatten()).collect::<Option<Vec<String>>>();
    let (Some(columns), Some(parent_columns)) = (column(0), column(1)) else { return Ok(None) };
    let parent = Named { schema, name: name.clone() };
    let full = full.as_deref() == Some("t");
    Ok((!columns.is_empty()).then_some(Reference { columns, parent, parent_columns, full }))
}
