//! A table or a column that the chain replaces by another of the same definition: the catalog shows one of the two, and the rows
//! of one are not those of the other.

use super::advice::Advice;
use super::data::probe::Probe;
use super::judge::Judge;
use super::place::Side;
use super::reason::Reason;
use super::replacement::removes_one;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{CatalogError, Found, Key};

/// Refuses the unit: run alone, it would remove the new one.
pub fn refusal(key: &Key) -> Ruling {
    let ways = [
        Advice::Stamp,
        "take back by hand what ran of its revision, and the chain runs all of it".into(),
        "-- lockgate:unless SELECT … above it, to say how to tell".into(),
    ];
    Ruling::conflict(Reason::MadeAgain { key: key.clone() }, None).offering(ways)
}

/// Removes the conflict if the tables that a unit removes have no rows: then both are the same.
pub async fn without_rows(
    judge: &Judge<'_>,
    probe: &Probe<'_>,
    at: usize,
    ruling: Ruling,
) -> Result<Ruling, CatalogError> {
    let unit = &judge.timeline.units[at];
    let is_in_doubt = judge.side(at) == Side::Torn && removes_one(judge.timeline, unit, at);
    if ruling.decision != Decision::Conflict || !is_in_doubt {
        return Ok(ruling);
    }
    let tables = unit.writes.iter().filter(|write| write.removes()).filter_map(|write| match write.key() {
        Key::Relation(table) if matches!(judge.evidence.found(write.key()), Some(Found::Table(_))) => Some(table),
        _ => None,
    });
    let mut of_tables = false;
    for table in tables {
        of_tables = true;
        let is_empty = format!("SELECT NOT EXISTS (SELECT FROM {})", table.quoted());
        if probe.number(Some(is_empty), &unit.path).await? != Some(1) {
            return Ok(ruling);
        }
    }
    Ok(if of_tables { Ruling::new(Decision::Satisfied, Reason::MadeAgainEmpty) } else { ruling })
}
