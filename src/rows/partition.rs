//! The bounds of a partition: its own rows must be within them, and no row of the default partition may be.

use super::Explanation;
use super::check::{Condition, bracketed, mentioned, violated};
use super::no_answer::Untold;
use super::probe::Probe;
use super::relation::{Relation, shown, sql_of};
use crate::connect::message;
use crate::pg::name::quote_literal;
use crate::sql::Named;
use crate::statement::{Demand, PARENT_STAND_IN, STAND_IN};

/// The condition of a partition's bounds. The server knows it only for an attached partition: an empty one is attached to an
/// empty parent, in a transaction that is rolled back. The existing parent is only read.
async fn bounds(probe: &Probe<'_>, parent: &Named, attach: &str) -> Result<Option<String>, Untold> {
    let sql = sql_of(parent);
    probe.clear(&format!("SELECT FROM {sql}")).await?;
    let of_parent = message::resolved(&quote_literal(&sql));
    let Some(key) = probe.texts(&format!("SELECT pg_get_partkeydef({of_parent})")).await?.pop() else {
        return Err(Untold::Missing(shown(parent)));
    };
    let make = format!(
        "CREATE TEMPORARY TABLE {PARENT_STAND_IN} (LIKE {sql}) PARTITION BY {key}; CREATE TEMPORARY TABLE {STAND_IN} (LIKE \
         {sql}); {attach}"
    );
    probe.make(&make).await?;
    let stand_in = message::resolved(&quote_literal(STAND_IN));
    Ok(probe.texts(&format!("SELECT pg_get_partition_constraintdef({stand_in})")).await?.pop())
}

fn condition(relation: &Relation, parent: &Named, expression: &str) -> Condition {
    Condition {
        violated: format!("({expression}) IS NOT TRUE"),
        told: format!("the bounds that {} gives it, {}", shown(parent), bracketed(expression)),
        written: format!("{} IS NOT TRUE", bracketed(expression)),
        columns: mentioned(expression, &relation.columns),
    }
}

/// The bounds that the statement gives the relation.
pub async fn of_demands(
    probe: &Probe<'_>,
    demands: &[Demand],
    relation: &Relation,
) -> Result<Option<Condition>, Untold> {
    for demand in demands {
        match demand {
            // A row of the default partition is a different case: the bounds are those of the new partition.
            Demand::Partition { parent, partition, attach, .. } if partition.name == relation.name => {
                let expression = bounds(probe, parent, attach).await?;
                return Ok(expression.map(|expression| condition(relation, parent, &expression)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// The parent's default partition, and a flag for keys or references of the parent that a new partition has to satisfy.
const OF_PARENT: &str = include_str!("partition.sql");

/// The rows outside the bounds of the partition, or the rows of the default partition within them.
pub async fn outside(
    probe: &Probe<'_>,
    (parent, partition): (&Named, &Named),
    attach: &str,
) -> Result<Option<Explanation>, Untold> {
    let relation = probe.relation(partition).await?;
    let question = OF_PARENT.replace("{parent}", &message::resolved(&quote_literal(&sql_of(parent))));
    let of_parent = probe.of_catalog(&question).await?;
    let Some(expression) = bounds(probe, parent, attach).await? else { return Err(Untold::Unclear) };
    let found = violated(probe, (&relation, &relation.sql), &condition(&relation, parent, &expression)).await?;
    if found.is_some() {
        return Ok(found);
    }
    let Some([schema, default, has_more]) = of_parent.first().map(Vec::as_slice) else { return Ok(None) };
    if let (Some(schema), Some(name)) = (schema, default) {
        let default = probe.relation(&Named { schema: Some(schema.clone()), name: name.clone() }).await?;
        let condition = Condition {
            violated: format!("({expression})"),
            told: format!("the bounds of {}: they are its rows by then, {}", relation.shown, bracketed(&expression)),
            written: bracketed(&expression),
            columns: mentioned(&expression, &default.columns),
        };
        let found = violated(probe, (&default, &default.sql), &condition).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    if has_more.as_deref() == Some("t") && probe.has_rows(&relation).await? {
        let parent = shown(parent);
        return Err(Untold::Because(format!(
            "every row lies in the bounds; the keys and references of {parent} are not asked"
        )));
    }
    Ok(None)
}
