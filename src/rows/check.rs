//! 23514: rows violate the condition of a table, of a domain, or of a partition's bounds.

use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, all_written, table_of};
use super::{Explanation, cast, domain, partition, words};
use crate::chain::scan::{self, Kind};
use crate::connect::{ServerError, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::Named;
use crate::statement::Demand;

/// A condition on rows.
pub struct Condition {
    /// SQL that is true of a row that violates it.
    pub violated: String,
    /// The condition in words, for a sentence after `violate`.
    pub told: String,
    /// The condition that finds the rows, for the user to run.
    pub written: String,
    pub columns: Vec<String>,
}

/// A condition of a column's new type belongs to no table: the cast is explained.
pub async fn explain(
    probe: &Probe<'_>,
    demands: &[Demand],
    error: &ServerError,
) -> Result<Option<Explanation>, Untold> {
    if error.table.is_none() {
        return cast::explain(probe, demands, error).await;
    }
    let Some(table) = table_of(error, demands.iter().find_map(table)) else { return Ok(None) };
    let relation = probe.relation(&table).await?;
    let conditions = match (&error.constraint, &error.column) {
        (Some(constraint), _) => of_table(probe, demands, &relation, constraint).await,
        (None, Some(column)) => {
            let expression = domain::expression(probe, demands).await?;
            expression.map(|expression| domain::condition(&relation, column, &expression)).into_iter().collect()
        }
        (None, None) => partition::of_demands(probe, demands, &relation).await?.into_iter().collect(),
    };
    for condition in conditions {
        if let Some(explanation) = violated(probe, (&relation, &relation.sql), &condition).await? {
            return Ok(Some(explanation));
        }
    }
    Ok(None)
}

/// The rows that violate a CHECK of a table, including those of children that inherit it.
pub async fn of_check(
    probe: &Probe<'_>,
    relation: &Relation,
    expression: &str,
    no_inherit: bool,
) -> Result<Option<Explanation>, Untold> {
    let from = if no_inherit { &relation.own } else { &relation.sql };
    violated(probe, (relation, from), &condition(relation, expression)).await
}

/// The rows that violate a condition.
pub async fn violated(
    probe: &Probe<'_>,
    (relation, from): (&Relation, &str),
    condition: &Condition,
) -> Result<Option<Explanation>, Untold> {
    let columns: Vec<String> = condition.columns.iter().map(|column| quote_ident(column)).collect();
    let Some(offenders) = probe.offenders((relation, from), &condition.violated, &columns).await? else {
        return Ok(None);
    };
    let found = format!(
        "{} {} {}{}",
        words::rows(offenders.count, &relation.shown),
        words::verb(offenders.count, "violates", "violate"),
        condition.told,
        offenders.rows(relation, &condition.columns)
    );
    let (table, sets) = (&relation.shown, all_written(&condition.columns).join(" = …, "));
    let mut help = vec![format!("SELECT * FROM {table} WHERE {};", condition.written)];
    if !condition.columns.is_empty() {
        help.push(format!("UPDATE {table} SET {sets} = … WHERE {};", condition.written));
    }
    Ok(Some(Explanation { rows: offenders.count, found: vec![found], help }))
}

fn table(demand: &Demand) -> Option<&Named> {
    match demand {
        Demand::Check { table, .. } | Demand::Valid { table, .. } => Some(table),
        Demand::Partition { partition, .. } => Some(partition),
        _ => None,
    }
}

/// The condition of that name, in the statement or in the catalog; otherwise each condition without a name.
async fn of_table(probe: &Probe<'_>, demands: &[Demand], relation: &Relation, constraint: &str) -> Vec<Condition> {
    let stated = |wanted: Option<&str>| {
        let stated = demands.iter().filter_map(|demand| match demand {
            Demand::Check { constraint, expression, .. } if constraint.as_deref() == wanted => Some(expression.clone()),
            _ => None,
        });
        stated.collect::<Vec<_>>()
    };
    let mut expressions = stated(Some(constraint));
    if expressions.is_empty() {
        expressions
            .extend(recorded(probe, relation, constraint).await.ok().flatten().map(|(expression, _)| expression));
    }
    if expressions.is_empty() {
        expressions = stated(None);
    }
    expressions.iter().map(|expression| condition(relation, expression)).collect()
}

/// The expression of an existing constraint, and true if children are excluded from it.
pub async fn recorded(
    probe: &Probe<'_>,
    relation: &Relation,
    constraint: &str,
) -> Result<Option<(String, bool)>, Untold> {
    let recorded = format!(
        "SELECT pg_catalog.pg_get_expr(conbin, conrelid), connoinherit FROM pg_catalog.pg_constraint WHERE contype = 'c' \
         AND conrelid = {} AND conname = {}",
        message::resolved(&quote_literal(&relation.sql)),
        quote_literal(constraint)
    );
    let row = probe.of_catalog(&recorded).await?.into_iter().next();
    Ok(row.and_then(|row| Some((row.first()?.clone()?, row.get(1)?.as_deref() == Some("t")))))
}

/// The condition of a CHECK of a table.
pub fn condition(relation: &Relation, expression: &str) -> Condition {
    Condition {
        violated: format!("NOT ({expression})"),
        told: format!("CHECK {}", bracketed(expression)),
        written: format!("NOT {}", bracketed(expression)),
        columns: mentioned(expression, &relation.columns),
    }
}

/// The expression in parentheses, as the server writes it; the parser omits them.
pub fn bracketed(expression: &str) -> String {
    let is_one = expression.starts_with('(') && closes_at(expression) == Some(expression.len() - 1);
    if is_one { expression.to_owned() } else { format!("({expression})") }
}

/// The position at which the opening parenthesis of an expression closes.
fn closes_at(expression: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for piece in scan::scan(expression).filter(|piece| piece.kind == Kind::Symbol) {
        match &expression[piece.range.clone()] {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(piece.range.start),
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// The columns that an expression names, in the table's order.
pub fn mentioned(expression: &str, columns: &[String]) -> Vec<String> {
    let words: Vec<String> = scan::scan(expression)
        .filter_map(|piece| {
            let text = &expression[piece.range];
            match piece.kind {
                Kind::Word => Some(text.to_lowercase()),
                Kind::Name => Some(text.trim_matches('"').replace("\"\"", "\"")),
                _ => None,
            }
        })
        .collect();
    columns.iter().filter(|column| words.contains(column)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_an_expression_are_found_and_brackets_are_not_doubled() {
        let columns = ["a", "B", "c"].map(str::to_owned);
        assert_eq!(mentioned("((t.\"B\" > 0) OR A = 'c')", &columns), ["a", "B"]);
        assert_eq!(bracketed("(a > 0) OR (b > 0)"), "((a > 0) OR (b > 0))");
        assert_eq!(bracketed("((a > 0) OR (b > 0))"), "((a > 0) OR (b > 0))");
    }
}
