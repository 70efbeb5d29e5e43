//! The tables of a publication: the missing ones, and those that the chain does not include.

use super::advice::Advice;
use super::conflict::conflict_of;
use super::fix::stays;
use super::judge::Judge;
use super::place::Side;
use super::reason::Reason;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Key};
use crate::expect::{Expected, Unit, UnitKind};
use crate::pg::name::quote_ident;
use crate::statement::change::Act;

/// A publication that differs: its tables are added and removed if nothing else differs.
pub fn differing(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    let mut sql = Vec::new();
    for write in unit.evident() {
        if matches!(judge.key_side(write.key(), at), Side::After | Side::Either) {
            continue;
        }
        let Key::Published(publication, table) = write.key() else { return conflict_of(judge, write) };
        let head = format!("ALTER PUBLICATION {}", quote_ident(publication));
        match (&write.after, judge.evidence.found(write.key())) {
            (Expected::Present(definition), None) if stays(judge, at, write.key(), table) => match &**definition {
                Definition::Published(published) => sql.push(format!("{head} ADD {}", published.sql(table))),
                _ => return conflict_of(judge, write),
            },
            (Expected::Absent, Some(_)) => sql.push(format!("{head} DROP TABLE ONLY {}", table.quoted())),
            _ => return conflict_of(judge, write),
        }
    }
    Ruling::converge(Reason::OtherTables, sql)
}

/// The ruling for a new publication that exists: a table that the chain does not include would publish its rows.
pub fn without_strangers(judge: &Judge<'_>, at: usize, ruling: Ruling) -> Ruling {
    let UnitKind::Change(change) = judge.timeline.units[at].kind else { return ruling };
    let Act::CreatePublication { name, all_tables: false, .. } = &change.act else { return ruling };
    if !matches!(ruling.decision, Decision::Satisfied | Decision::Converge) {
        return ruling;
    }
    let is_known = |key: &Key| judge.timeline.writes(key) || judge.timeline.base.get(key).is_some();
    let stranger = judge.evidence.catalog.published(name).find(|(key, _)| !is_known(key));
    match stranger {
        None => ruling,
        Some((key, table)) => Ruling::conflict(Reason::PublishedStranger { key: key.clone() }, None).offering([
            Advice::from(format!("ALTER PUBLICATION {} DROP TABLE ONLY {}", quote_ident(name), table.quoted())),
            Advice::from("make it the chain's in a revision of its own"),
        ]),
    }
}
