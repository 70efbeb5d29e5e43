//! The constraints of a domain apply to the rows of every table with a column of it.

use super::Explanation;
use super::check::{Condition, bracketed, violated};
use super::no_answer::Untold;
use super::not_null;
use super::probe::Probe;
use super::relation::{Relation, sql_of};
use crate::chain::scan;
use crate::connect::message;
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::{Named, written};
use crate::statement::Demand;

/// Every column of the domain, and of domains over it.
const COLUMNS: &str = include_str!("domain.sql");

/// The expression of the constraint that a statement adds to a domain, or validates.
pub async fn expression(probe: &Probe<'_>, demands: &[Demand]) -> Result<Option<String>, Untold> {
    for demand in demands {
        match demand {
            Demand::Domain { expression, .. } => return Ok(Some(expression.clone())),
            Demand::DomainValid { domain, constraint } => return recorded(probe, domain, constraint).await,
            _ => {}
        }
    }
    Ok(None)
}

/// The expression of an existing constraint of a domain.
pub async fn recorded(probe: &Probe<'_>, domain: &Named, constraint: &str) -> Result<Option<String>, Untold> {
    let sql = format!(
        "SELECT pg_catalog.pg_get_expr(conbin, 0) FROM pg_catalog.pg_constraint WHERE contypid = {} AND conname = {}",
        oid(domain),
        quote_literal(constraint)
    );
    Ok(probe.texts(&sql).await?.pop())
}

fn oid(domain: &Named) -> String {
    message::along(&format!("to_regtype({})", quote_literal(&sql_of(domain))))
}

/// The condition of a domain's CHECK for one column.
pub fn condition(relation: &Relation, column: &str, expression: &str) -> Condition {
    let own = format!("{}.{}", quote_ident(&relation.name), quote_ident(column));
    Condition {
        violated: format!("NOT (SELECT {expression} FROM (SELECT {own}) AS v(value))"),
        told: format!("CHECK {}", bracketed(expression)),
        written: format!("NOT {}", bracketed(&with_value(expression, &written(column)))),
        columns: vec![column.to_owned()],
    }
}

/// A domain's expression with a column in place of VALUE.
fn with_value(expression: &str, column: &str) -> String {
    let piece = |piece: scan::Piece| {
        let text = &expression[piece.range];
        if piece.kind == scan::Kind::Word && text.eq_ignore_ascii_case("value") { column } else { text }
    };
    scan::scan(expression).map(piece).collect()
}

/// The rows of every table that violate a domain's new constraint: CHECK with an expression, otherwise NOT NULL.
pub async fn wrong(probe: &Probe<'_>, domain: &Named, expression: Option<&str>) -> Result<Option<Explanation>, Untold> {
    let is_visible = message::along("pg_table_is_visible(c.oid)");
    let sql = COLUMNS.replace("{domain}", &oid(domain)).replace("{is_visible}", &is_visible);
    let mut all: Option<Explanation> = None;
    for row in probe.of_catalog(&sql).await? {
        let [Some(schema), Some(table), Some(column), visible] = row.as_slice() else { continue };
        let schema = (visible.as_deref() != Some("t")).then(|| schema.clone());
        // Children and partitions are in the list themselves.
        let mut relation = probe.relation(&Named { schema, name: table.clone() }).await?;
        relation.sql.clone_from(&relation.own);
        let found = match expression {
            Some(expression) => {
                violated(probe, (&relation, &relation.own), &condition(&relation, column, expression)).await?
            }
            None => not_null::holds_null(probe, &relation, column).await?,
        };
        all = match (all, found) {
            (Some(all), Some(found)) => Some(all.and(found)),
            (all, found) => all.or(found),
        };
    }
    Ok(all)
}
