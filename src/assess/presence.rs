//! Definitions that are not judged: whether what they make is there already, by its name.

use super::advice::ways_on;
use super::asker::Asker;
use super::ruling::{Judge, Ruling};
use super::verdict::Decision;
use crate::catalog::CatalogError;
use crate::expect::{Unit, UnitKind};
use crate::pg::name::quote_literal;
use crate::sql::change::Act;
use crate::sql::{SCHEMA, Statement};

/// None where nobody asks, or a statement before it may take the object away.
pub(super) async fn ruling(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    at: usize,
    statement: &Statement,
) -> Result<Option<Ruling>, CatalogError> {
    Ok(presence(judge, asker, at, statement).await?.map(|is_there| {
        if is_there {
            let reason = "its object is there already, and the catalog is not asked whether it is the same";
            Ruling::conflict(reason, None).offering(ways_on())
        } else {
            Ruling::new(Decision::Apply, "")
        }
    }))
}

async fn presence(
    judge: &Judge<'_>,
    asker: &Asker<'_>,
    at: usize,
    statement: &Statement,
) -> Result<Option<bool>, CatalogError> {
    let Some(question) = &statement.presence else { return Ok(None) };
    let units = &judge.timeline.units;
    let may_take = |unit: &Unit<'_>| match unit.kind {
        UnitKind::Unjudged(tag) => tag.starts_with("DROP"),
        UnitKind::Opaque(code) => code.may_define,
        UnitKind::Change(change) => matches!(&change.act, Act::Drop { .. }),
        UnitKind::Data(_) | UnitKind::Setting | UnitKind::Repeatable => false,
    };
    if units[..at].iter().any(may_take) {
        return Ok(None);
    }
    let schema = units[at].path.first().map_or("public", String::as_str);
    let question = format!("SELECT {}", question.replace(SCHEMA, &quote_literal(schema)));
    Ok(asker.of_catalog(&question).await?.map(|answer| answer == "t"))
}
