//! The missing needs of statements: all of them, over all pending revisions, before anything runs.

use crate::assess::judge::Judge;
use crate::assess::place::Side;
use crate::assess::ruling::{Fix, Ruling, UnitAction};
use crate::assess::verdict::Decision;
use crate::catalog::{Definition, Key, Surroundings};
use crate::expect::{Expected, Unit, UnitKind, Write};
use crate::statement::change::Act;

/// A missing object that a unit needs, and that nothing before the unit creates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// No file before the unit creates it.
    Never(Key),
    /// An applied file created it.
    Lost(Key),
    /// A later pending statement, which is in force, removed or renamed it.
    Passed(Key),
    /// An extension that the server does not have.
    Unavailable(Key),
}

impl Missing {
    pub fn key(&self) -> &Key {
        match self {
            Self::Never(key) | Self::Lost(key) | Self::Passed(key) | Self::Unavailable(key) => key,
        }
    }
}

/// The extension that it creates and that the server does not have.
fn unavailable(surroundings: &Surroundings, unit: &Unit<'_>) -> Option<Missing> {
    let UnitKind::Change(change) = unit.kind else { return None };
    let Act::CreateExtension { name, .. } = &change.act else { return None };
    let is_made = unit.writes.iter().any(|write| matches!(write.key(), Key::Extension(_)) && write.is_change());
    (is_made && !surroundings.extensions_available.contains_key(name))
        .then(|| Missing::Unavailable(Key::Extension(name.clone())))
}

/// The missing objects for a unit that is to run.
pub fn missing(judge: &Judge<'_>, surroundings: &Surroundings, rulings: &[Ruling], at: usize) -> Vec<Missing> {
    let unit = &judge.timeline.units[at];
    if !runs(&rulings[at]) {
        return Vec::new();
    }
    let unavailable = unavailable(surroundings, unit);
    let needs = unit.needs.iter().filter(|need| !is_past_need(unit, &rulings[at], &need.0));
    let mut all: Vec<Missing> = needs.filter_map(|need| lacks(judge, surroundings, rulings, at, &need.0)).collect();
    all.extend(unavailable);
    let is_missing = |key: &Key| all.iter().any(|other| other.key() == key);
    // The columns of a missing table are not reported.
    let relation = |key: &Key| key.relation().map(|name| Key::Relation(name.clone()));
    all.iter()
        .filter(|one| !matches!(one.key(), Key::Column(..)) || !relation(one.key()).is_some_and(|key| is_missing(&key)))
        .cloned()
        .collect()
}

/// True for an object that the unit itself removes, if other SQL than its own text is to run: an old name.
fn is_past_need(unit: &Unit<'_>, ruling: &Ruling, key: &Key) -> bool {
    let is_instead = matches!(&ruling.action, UnitAction::Instead(fixes) if !fixes.contains(&Fix::AsWritten));
    is_instead && unit.writes.iter().any(|write| write.key() == key && write.after == Expected::Absent)
}

pub(in crate::assess) fn lacks(
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    rulings: &[Ruling],
    at: usize,
    key: &Key,
) -> Option<Missing> {
    if is_there(judge, surroundings, key) {
        return None;
    }
    let units = &judge.timeline.units;
    let maker = judge.timeline.writers_before(key, at).next();
    // A table's row is a type.
    if let Key::Type(name) = key
        && judge.timeline.at(&Key::Relation(name.clone()), at).is_some_and(|value| *value != Expected::Absent)
    {
        return None;
    }
    // ALTER … IF EXISTS that gives an object this name leaves it unknown.
    if judge.timeline.is_unknown_before(key, at) || maker.is_none() && is_temporary(judge, at, key) {
        return None;
    }
    // The unit creates it itself.
    if units[at].writes.iter().any(|write| write.key() == key && write.before == Expected::Absent) {
        return None;
    }
    let expected = match judge.timeline.base.get(key) {
        // A statement that removes the object implies that it existed.
        Some(Expected::Unknown) => judge.timeline.at(key, at),
        base => {
            if maker.is_some() {
                judge.timeline.at(key, at)
            } else {
                base
            }
        }
    };
    match (expected, maker) {
        (Some(Expected::Present(_) | Expected::Blurred(_) | Expected::Exists), Some(maker)) => {
            (rulings[maker].decision == Decision::Satisfied).then(|| Missing::Passed(key.clone()))
        }
        (Some(Expected::Present(_) | Expected::Blurred(_) | Expected::Exists), None) if is_passed(judge, at, key) => {
            Some(Missing::Passed(key.clone()))
        }
        (Some(Expected::Present(_) | Expected::Blurred(_) | Expected::Exists), None) => {
            Some(Missing::Lost(key.clone()))
        }
        // In the chain itself the object is absent: the server's own error describes that best.
        (Some(Expected::Unknown | Expected::Absent), _) => None,
        (None, _) => {
            let may_come = judge.timeline.end.is_clouded(key)
                || may_be_made(judge, rulings, at)
                || is_untold(judge, rulings, at, key);
            (!may_come).then(|| Missing::Never(key.clone()))
        }
    }
}

/// The key that a unit to be run needs and the catalog lacks, if unread code that was applied long ago may have removed it: the
/// server will refuse, and nothing in the chain explains it.
pub(in crate::assess) fn gone_unread<'a>(
    judge: &'a Judge<'_>,
    surroundings: &Surroundings,
    rulings: &[Ruling],
    at: usize,
) -> Option<&'a Key> {
    let timeline = judge.timeline;
    let is_gone = |key: &&Key| {
        timeline.base.get(key) == Some(&Expected::Unknown)
            && timeline.writers_before(key, at).next().is_none()
            && !is_there(judge, surroundings, key)
    };
    let may_come = || may_be_made(judge, rulings, at);
    runs(&rulings[at])
        .then(|| timeline.units[at].needs.iter().map(|need| &need.0).find(is_gone))?
        .filter(|_| !may_come())
}

/// True if a later statement, which is in force, removed it.
fn is_passed(judge: &Judge<'_>, at: usize, key: &Key) -> bool {
    let takes = |write: &Write| write.key() == key && write.removes();
    let mut later = judge.timeline.writers_after(key, at);
    later.any(|later| judge.side(later) == Side::After && judge.timeline.units[later].writes.iter().any(takes))
}

pub(in crate::assess) fn is_there(judge: &Judge<'_>, surroundings: &Surroundings, key: &Key) -> bool {
    if judge.evidence.found(key).is_some() {
        return true;
    }
    match key {
        Key::Relation(name) => is_system(&name.schema) || surroundings.relations.contains_key(name),
        Key::Column(table, name) => is_system(&table.schema) || is_system_column(name),
        Key::Type(name) => {
            is_system(&name.schema)
                || surroundings.types.contains(name)
                || judge.evidence.found(&Key::Relation(name.clone())).is_some()
        }
        Key::Function(name, _) => is_system(&name.schema) || surroundings.functions.contains_key(name),
        Key::Schema(name) => is_system(name) || surroundings.path.contains(name),
        Key::Role(name) => matches!(name.as_str(), "public" | "current_user" | "session_user" | "current_role"),
        Key::Collation(_) => true,
        _ => false,
    }
}

fn is_system(schema: &str) -> bool {
    schema == "information_schema" || schema.starts_with("pg_")
}

/// True for a system column (PostgreSQL documentation, 5.6).
fn is_system_column(name: &str) -> bool {
    matches!(name, "ctid" | "oid" | "tableoid" | "xmin" | "xmax" | "cmin" | "cmax" | "excluded")
}

/// True if an earlier opaque statement or extension that is to run may create anything.
pub(in crate::assess) fn may_be_made(judge: &Judge<'_>, rulings: &[Ruling], at: usize) -> bool {
    judge.revisions.bringers_before(at).iter().any(|&bringer| rulings.get(bringer).is_some_and(runs))
}

/// True if its statement is sent to the server.
pub(in crate::assess) fn runs(ruling: &Ruling) -> bool {
    matches!(ruling.decision, Decision::Run | Decision::Apply | Decision::Converge)
}

/// True for a column of a relation whose columns the model does not state: a view, a CREATE TABLE AS, a copy of another.
fn is_untold(judge: &Judge<'_>, rulings: &[Ruling], at: usize, key: &Key) -> bool {
    let Key::Column(table, _) = key else { return false };
    let relation = Key::Relation(table.clone());
    // The existing relation is irrelevant if an earlier statement creates another in its place.
    let is_remade = judge.timeline.writers_before(&relation, at).any(|writer| runs(&rulings[writer]));
    let is_there = judge.evidence.found(&relation).is_some() && !is_remade;
    match judge.timeline.at(&relation, at) {
        Some(Expected::Present(definition)) => match &**definition {
            Definition::Table(table) => !is_there || table.partition_of.is_some() || !table.inherits.is_empty(),
            _ => true,
        },
        Some(Expected::Blurred(_) | Expected::Exists | Expected::Unknown) => true,
        Some(Expected::Absent) | None => false,
    }
}

/// True for a temporary relation of the same script, or one of its columns: the model omits these.
fn is_temporary(judge: &Judge<'_>, at: usize, key: &Key) -> bool {
    let revision = judge.timeline.units[at].revision;
    key.relation().is_some_and(|wanted| judge.revisions.makes_temporary_before(revision, &wanted.name, at))
}
