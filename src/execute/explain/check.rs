//! 23514: rows violate a condition: of a table, of a domain, or of a partition's bounds.

use super::rows::{Asker, Relation, all_written, shown, sql_of, table_of};
use super::words;
use super::{Explanation, cast};
use crate::chain::scan::{self, Kind};
use crate::connect::{ServerError, message};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Demand, Named, STAND_IN, written};

/// What rows have to fulfil.
struct Condition {
    /// True of a row that does not.
    violated: String,
    /// In a sentence, after `violate`.
    told: String,
    /// The condition that finds the rows, for a person to run.
    written: String,
    columns: Vec<String>,
}

/// A condition of a type that a column is to have is no table's: the cast is explained.
pub async fn explain(asker: &Asker<'_>, demands: &[Demand], error: &ServerError) -> Option<Explanation> {
    if error.table.is_none() {
        return cast::explain(asker, demands, error).await;
    }
    let relation = asker.relation(&table_of(error, demands.iter().find_map(table))?).await?;
    let conditions = match (&error.constraint, &error.column) {
        (Some(constraint), _) => of_table(asker, demands, &relation, constraint).await,
        (None, Some(column)) => of_domain(asker, demands, &relation, column).await.into_iter().collect(),
        (None, None) => of_partition(asker, demands, &relation).await.into_iter().collect(),
    };
    for condition in conditions {
        if let Some(explanation) = violated(asker, &relation, &condition).await {
            return Some(explanation);
        }
    }
    None
}

async fn violated(asker: &Asker<'_>, relation: &Relation, condition: &Condition) -> Option<Explanation> {
    let columns: Vec<String> = condition.columns.iter().map(|column| quote_ident(column)).collect();
    let offenders = asker.offenders(relation, &condition.violated, &columns).await?;
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
    Some(Explanation { rows: offenders.count, found: vec![found], help })
}

fn table(demand: &Demand) -> Option<&Named> {
    match demand {
        Demand::Check { table, .. } | Demand::Valid { table, .. } => Some(table),
        Demand::Partition { partition, .. } => Some(partition),
        _ => None,
    }
}

/// The condition of that name, in the statement or in the catalog; else each that is left to the server to name.
async fn of_table(asker: &Asker<'_>, demands: &[Demand], relation: &Relation, constraint: &str) -> Vec<Condition> {
    let stated = |wanted: Option<&str>| {
        let stated = demands.iter().filter_map(|demand| match demand {
            Demand::Check { constraint, expression, .. } if constraint.as_deref() == wanted => Some(expression.clone()),
            _ => None,
        });
        stated.collect::<Vec<_>>()
    };
    let mut expressions = stated(Some(constraint));
    if expressions.is_empty() {
        let recorded = format!(
            "SELECT pg_catalog.pg_get_expr(conbin, conrelid) FROM pg_catalog.pg_constraint WHERE contype = 'c' AND conrelid \
             = {} AND conname = {}",
            message::resolved(&quote_literal(&relation.sql)),
            quote_literal(constraint)
        );
        expressions = asker.texts(&recorded).await.unwrap_or_default();
    }
    if expressions.is_empty() {
        expressions = stated(None);
    }
    let condition = |expression: String| Condition {
        violated: format!("NOT ({expression})"),
        told: format!("CHECK {}", bracketed(&expression)),
        written: format!("NOT {}", bracketed(&expression)),
        columns: mentioned(&expression, &relation.columns),
    };
    expressions.into_iter().map(condition).collect()
}

/// The server writes expressions in brackets, the parser does not.
fn bracketed(expression: &str) -> String {
    let is_one = expression.starts_with('(') && closes_at(expression) == Some(expression.len() - 1);
    if is_one { expression.to_owned() } else { format!("({expression})") }
}

/// Where the bracket closes that an expression begins with.
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
fn mentioned(expression: &str, columns: &[String]) -> Vec<String> {
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

async fn of_domain(asker: &Asker<'_>, demands: &[Demand], relation: &Relation, column: &str) -> Option<Condition> {
    let mut expression = None;
    for demand in demands {
        expression = match demand {
            Demand::Domain { expression } => Some(expression.clone()),
            Demand::DomainValid { domain, constraint } => {
                let sql = format!(
                    "SELECT pg_catalog.pg_get_expr(conbin, 0) FROM pg_catalog.pg_constraint WHERE contypid = \
                     {} AND conname = {}",
                    message::along(&format!("to_regtype({})", quote_literal(&sql_of(domain)))),
                    quote_literal(constraint)
                );
                asker.texts(&sql).await?.pop()
            }
            _ => None,
        };
    }
    let expression = expression?;
    let own = format!("{}.{}", quote_ident(&relation.name), quote_ident(column));
    Some(Condition {
        violated: format!("NOT (SELECT {expression} FROM (SELECT {own}) AS v(value))"),
        told: format!("CHECK {}", bracketed(&expression)),
        written: format!("NOT {}", bracketed(&with_value(&expression, &written(column)))),
        columns: vec![column.to_owned()],
    })
}

/// A domain's expression with a column in the place of VALUE.
fn with_value(expression: &str, column: &str) -> String {
    let piece = |piece: scan::Piece| {
        let text = &expression[piece.range];
        if piece.kind == Kind::Word && text.eq_ignore_ascii_case("value") { column } else { text }
    };
    scan::scan(expression).map(piece).collect()
}

/// What a partition has to hold is known to the server only once it is attached: an empty one is, in this transaction that is
/// rolled back.
async fn of_partition(asker: &Asker<'_>, demands: &[Demand], relation: &Relation) -> Option<Condition> {
    let (parent, attach) = demands.iter().find_map(|demand| match demand {
        // A row of the default partition is another matter: it is the new one's.
        Demand::Partition { parent, partition, attach } if partition.name == relation.name => Some((parent, attach)),
        _ => None,
    })?;
    asker.clear(&format!("SELECT FROM {}", sql_of(parent))).await?;
    asker.make(&format!("CREATE TABLE {STAND_IN} (LIKE {}); {attach}", sql_of(parent))).await?;
    let stand_in = message::resolved(&quote_literal(STAND_IN));
    let sql = format!("SELECT pg_catalog.pg_get_partition_constraintdef({stand_in})");
    let expression = asker.texts(&sql).await?.pop()?;
    Some(Condition {
        violated: format!("({expression}) IS NOT TRUE"),
        told: format!("the bounds that {} gives it, {}", shown(parent), bracketed(&expression)),
        written: format!("{} IS NOT TRUE", bracketed(&expression)),
        columns: mentioned(&expression, &relation.columns),
    })
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
