//! A table or a column that the chain replaces by another of the same definition: the catalog shows one of the two, and the rows of
//! one are not those of the other.

use super::advice::Advice;
use super::data::probe::Probe;
use super::evidence::Evidence;
use super::judge::Judge;
use super::place::{Side, Stretch, both};
use super::reason::Reason;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{CatalogError, Found, Key};
use crate::expect::{Timeline, Unit, Write};
use crate::pg::name::QualifiedName;

/// The one of the two that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Existing {
    Old,
    New,
    Unknown,
}

/// The places that fit a key, without those at which the other of the two would exist.
pub fn places(timeline: &Timeline<'_>, evidence: &Evidence, key: &Key, places: Vec<Stretch>) -> Vec<Stretch> {
    let Key::Column(table, name) = key else { return places };
    let Some(removed) = timeline.replacement(key) else { return places };
    match existing(timeline, evidence, table, name) {
        Existing::Old => both(&places, &[(0, removed)]),
        Existing::New => both(&places, &[(removed + 1, timeline.units.len())]),
        Existing::Unknown => places,
    }
}

/// The server numbers the columns of a table in the order in which they come (pg_attribute.attnum), and a restored dump keeps that
/// order.
fn existing(timeline: &Timeline<'_>, evidence: &Evidence, table: &QualifiedName, name: &str) -> Existing {
    // With their table, all columns are replaced.
    if timeline.replacement(&Key::Relation(table.clone())).is_some() {
        return Existing::Unknown;
    }
    let key = |name: &str| Key::Column(table.clone(), name.to_owned());
    let number = |key: &Key| match evidence.found(key) {
        Some(Found::Column(column)) => Some(column.number),
        _ => None,
    };
    let Some(own) = number(&key(name)) else { return Existing::Unknown };
    let lasts = |key: &Key| {
        timeline.base.is_present(key) && timeline.versions(key).iter().all(|version| version.value.is_present())
    };
    let all = || evidence.catalog.on(table).filter_map(|(key, _)| Some((key, number(key)?)));
    let behind: Vec<Key> = match timeline.order_of(table) {
        Some(order) => order.iter().skip_while(|other| *other != name).skip(1).map(|other| key(other)).collect(),
        None => all().map(|(key, _)| key.clone()).collect(),
    };
    let behind: Vec<i16> = behind.iter().filter(|key| lasts(key)).filter_map(number).collect();
    // A column that was dropped leaves its number.
    let has_gap = || all().filter(|(_, other)| *other <= own).count() < usize::try_from(own).unwrap_or_default();
    if behind.iter().any(|other| *other > own) {
        Existing::Old
    } else if timeline.order_of(table).is_some() && !behind.is_empty() && has_gap() {
        Existing::New
    } else {
        Existing::Unknown
    }
}

/// True where a unit removes a table or a column that was there at first, and another of its name comes later.
pub fn removes_one(timeline: &Timeline<'_>, unit: &Unit<'_>, at: usize) -> bool {
    let is_replaced = |write: &Write| timeline.replacement(write.key()) == Some(at);
    let is_of_columns = |write: &Write| matches!(write.key(), Key::Column(..));
    unit.writes.iter().any(|write| is_of_columns(write) && is_replaced(write))
}

/// Run alone, it would take the new one away.
pub fn refusal(key: &Key) -> Ruling {
    let ways = [
        Advice::Stamp,
        "take back by hand what ran of its revision, and the chain runs all of it".into(),
        "-- lockgate:unless SELECT … above it, to say how to tell".into(),
    ];
    Ruling::conflict(Reason::MadeAgain { key: key.clone() }, None).offering(ways)
}

/// Where the tables that a unit removes hold no rows, the one and the other are the same.
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
