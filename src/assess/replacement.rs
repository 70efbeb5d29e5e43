//! Two tables or columns of the same definition, if the chain replaces one by the other: finds the one that the catalog has.

use super::evidence::Evidence;
use super::place::{Stretch, both};
use crate::catalog::{Found, Key};
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

/// Decides by the order of columns: the server numbers them in the order of their creation (pg_attribute.attnum), and a restored
/// dump keeps that order.
fn existing(timeline: &Timeline<'_>, evidence: &Evidence, table: &QualifiedName, name: &str) -> Existing {
    // All columns are replaced with their table.
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
    // A dropped column leaves a gap in the numbers.
    let has_gap = || all().filter(|(_, other)| *other <= own).count() < usize::try_from(own).unwrap_or_default();
    if behind.iter().any(|other| *other > own) {
        Existing::Old
    } else if timeline.order_of(table).is_some() && !behind.is_empty() && has_gap() {
        Existing::New
    } else {
        Existing::Unknown
    }
}

/// True if a unit removes a table or a column from the beginning, and another of its name is created later.
pub fn removes_one(timeline: &Timeline<'_>, unit: &Unit<'_>, at: usize) -> bool {
    let is_replaced = |write: &Write| timeline.replacement(write.key()) == Some(at);
    let is_of_columns = |write: &Write| matches!(write.key(), Key::Column(..));
    unit.writes.iter().any(|write| is_of_columns(write) && is_replaced(write))
}
