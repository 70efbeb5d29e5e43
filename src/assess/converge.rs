//! A unit that fits no place: the smallest lossless ALTER, or a conflict with both definitions.

use super::advice::ways_on;
use super::conflict::{conflict, conflict_of};
use super::evidence::{Fit, Mismatch};
use super::fix::{fix, renames};
use super::judge::Judge;
use super::labels;
use super::place::Side;
use super::published;
use super::reason::Reason;
use super::ruling::{Fix, Ruling};
use super::verdict::Decision;
use crate::catalog::{Definition, Found, Key};
use crate::expect::{Expected, Unit, UnitKind, Write};
use crate::pg::name::{quote_ident, quote_literal};
use crate::statement::change::{Act, DomainAct, TableAct};

pub fn differing(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, earlier: &[Decision]) -> Ruling {
    let UnitKind::Change(change) = unit.kind else { return Ruling::plain(Decision::Apply) };
    if makes_what_goes_before(judge, at, unit, earlier) {
        return Ruling::plain(Decision::Apply);
    }
    if lacks_its_column(judge, &change.act, unit) {
        return Ruling::plain(Decision::Apply);
    }
    match &change.act {
        Act::CreateTable(_) | Act::CreateTableAs(_) => composite(judge, at, unit, Base::Table),
        Act::AlterTable { act: TableAct::AddColumn { .. }, .. } => composite(judge, at, unit, Base::Column),
        Act::CreateView(new) => replaced(judge, unit, new.replace),
        Act::CreateFunction(new) => replaced(judge, unit, new.replace),
        Act::CreateTrigger(new) => replaced(judge, unit, new.replace),
        Act::CreateRule { replace, .. } => replaced(judge, unit, *replace),
        Act::CreateIndex(_) => index(judge, unit),
        Act::CreateSequence { .. } => sequence(judge, unit),
        Act::AlterDomain { act: DomainAct::AddConstraint { name: Some(name), .. }, .. } => domain(judge, unit, name),
        Act::CreateEnum { .. } => labels::missing(judge, unit).unwrap_or_else(|| conflict(judge, unit)),
        Act::AddLabel { .. } | Act::RenameLabel { .. } => {
            labels::changed(judge, at, unit).unwrap_or_else(|| conflict(judge, unit))
        }
        Act::AlterTable { act, .. } => alter(judge, at, unit, act),
        Act::Drop { .. } => dropped(judge, at, unit),
        Act::Rename { .. } | Act::SetSchema { .. } => moved(judge, at, unit),
        Act::Comment { .. } | Act::Owner { .. } | Act::Grant { .. } | Act::GrantRole { .. } => {
            itself(Reason::SetOtherwise)
        }
        Act::CreatePublication { .. } | Act::AlterPublication { .. } => published::differing(judge, at, unit),
        Act::CreateExtension { name, .. } => extension(judge, unit, name),
        Act::UpdateExtension { .. } => itself(Reason::OtherVersion),
        Act::AlterFunction { .. } => itself(Reason::SetOtherwise),
        _ => conflict(judge, unit),
    }
}

/// True if an earlier statement that is to run removes the existing object, so its name will be free.
fn makes_what_goes_before(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, earlier: &[Decision]) -> bool {
    let mut made = unit.evident().filter(|write| write.before == Expected::Absent).peekable();
    made.peek().is_some()
        && made.all(|write| {
            judge.evidence.found(write.key()).is_none() || judge.is_removed_before(at, write.key(), earlier)
        })
        && unit.evident().all(|write| write.before == Expected::Absent)
}

/// True for an ALTER of a missing column, which is reported with everything else that is missing.
fn lacks_its_column(judge: &Judge<'_>, act: &Act, unit: &Unit<'_>) -> bool {
    let Act::AlterTable { act, .. } = act else { return false };
    let makes = matches!(act, TableAct::AddColumn { .. } | TableAct::DropColumn { .. } | TableAct::AddConstraint(_));
    let is_missing = |key: &Key| matches!(key, Key::Column(..)) && judge.evidence.found(key).is_none();
    !makes && unit.needs.iter().any(|need| is_missing(&need.0))
}

fn itself(reason: Reason) -> Ruling {
    Ruling::new(Decision::Converge, reason)
}

fn replaced(judge: &Judge<'_>, unit: &Unit<'_>, or_replace: bool) -> Ruling {
    if or_replace { itself(Reason::OtherDefinition) } else { conflict(judge, unit) }
}

/// Gives a sequence the options of a fresh run; its position stays.
fn sequence(judge: &Judge<'_>, unit: &Unit<'_>) -> Ruling {
    for write in &unit.writes {
        let (Key::Relation(name), Some(Found::Sequence(_))) = (write.key(), judge.evidence.found(write.key())) else {
            continue;
        };
        if let Some(Found::Sequence(wanted)) = judge.evidence.built(write.key(), &write.after) {
            let sql = format!("ALTER SEQUENCE {} {}", name.quoted(), wanted.options());
            return Ruling::converge(Reason::OtherOptions, [sql]).differing(judge.difference(write));
        }
    }
    conflict(judge, unit)
}

/// Validates a constraint of a domain that is not validated.
fn domain(judge: &Judge<'_>, unit: &Unit<'_>, name: &str) -> Ruling {
    for write in &unit.writes {
        if let (Key::Type(domain), Some(Found::Domain(found))) = (write.key(), judge.evidence.found(write.key()))
            && found.constraints.iter().any(|constraint| constraint.name == name && !constraint.valid)
        {
            let sql = format!("ALTER DOMAIN {} VALIDATE CONSTRAINT {}", domain.quoted(), quote_ident(name));
            return Ruling::converge(Reason::NotValid, vec![sql]);
        }
    }
    conflict(judge, unit)
}

fn is_concurrent(act: &Act) -> bool {
    matches!(act, Act::CreateIndex(index) if index.concurrently)
}

fn index(judge: &Judge<'_>, unit: &Unit<'_>) -> Ruling {
    for write in &unit.writes {
        if let Some(Found::Index(found)) = judge.evidence.found(write.key())
            && !found.valid
            && found.constraint.is_none()
        {
            let reason = Reason::InvalidIndex;
            let drop = format!("DROP INDEX IF EXISTS {}.{}", quote_ident(&found.schema), quote_ident(&found.name));
            return match unit.kind {
                // The gate waits for its builder first.
                UnitKind::Change(change) if is_concurrent(&change.act) => Ruling::new(Decision::Converge, reason),
                _ => Ruling::converge(reason, [Fix::Sql(drop), Fix::AsWritten]),
            };
        }
    }
    conflict(judge, unit)
}

fn alter(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, act: &TableAct) -> Ruling {
    match act {
        TableAct::SetDefault { .. }
        | TableAct::DropDefault { .. }
        | TableAct::SetNotNull { .. }
        | TableAct::DropNotNull { .. }
        | TableAct::SetColumnProperty { .. }
        | TableAct::RowSecurity(_)
        | TableAct::ForceRowSecurity(_)
        | TableAct::EnableTrigger { .. }
        | TableAct::Owner(_)
        | TableAct::SetLogged(_)
        | TableAct::ReplicaIdentity(_)
        | TableAct::SetOptions(_)
        | TableAct::AlterConstraint { .. } => itself(Reason::SetOtherwise),
        TableAct::AddConstraint(_) | TableAct::ValidateConstraint { .. } => parts(judge, at, unit, Reason::NotWhole),
        TableAct::SetType { .. } => set_type(judge, at, unit),
        TableAct::SetIdentity { .. } if is_of_identity(judge, unit) => itself(Reason::SetOtherwise),
        TableAct::DropColumn { .. } | TableAct::DropConstraint { .. } => dropped(judge, at, unit),
        _ => conflict(judge, unit),
    }
}

/// True if the column is an identity column already.
fn is_of_identity(judge: &Judge<'_>, unit: &Unit<'_>) -> bool {
    let is_column = |write: &&Write| matches!(write.key(), Key::Column(..));
    let is_identity = |write: &Write| matches!(judge.evidence.found(write.key()), Some(Found::Column(found)) if found.identity.is_some());
    unit.writes.iter().filter(is_column).all(is_identity)
}

fn parts(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, reason: Reason) -> Ruling {
    let mut sql = Vec::new();
    for write in unit.evident() {
        match judge.key_side(write.key(), at) {
            Side::After | Side::Either => continue,
            _ => {}
        }
        match fix(judge, at, write, false) {
            Some(fixes) => sql.extend(fixes),
            None => return conflict(judge, unit),
        }
    }
    Ruling::converge(reason, sql)
}

/// A change of the type of a column that has the old or the new type, with a default that fits neither.
fn set_type(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    let is_column = |write: &&Write| matches!(write.key(), Key::Column(..));
    if !unit.writes.iter().filter(is_column).all(|write| judge.key_side(write.key(), at) == Side::Before) {
        return parts(judge, at, unit, Reason::OtherDefault);
    }
    // A later statement may have set it already.
    let is_other = |write: &&Write| judge.key_side(write.key(), at) == Side::Nowhere;
    match unit.writes.iter().find(is_other) {
        Some(other) => conflict_of(judge, other),
        None => Ruling::plain(Decision::Apply),
    }
}

/// The object of a unit that creates an object with parts.
#[derive(Clone, Copy, PartialEq)]
enum Base {
    Table,
    Column,
}

/// Converges the parts of an existing table or column.
fn composite(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, base: Base) -> Ruling {
    let is_base = |write: &&Write| {
        matches!(
            (base, write.key(), write.after.definition()),
            (Base::Table, Key::Relation(_), Some(Definition::Table(_))) | (Base::Column, Key::Column(..), _)
        )
    };
    let bases: Vec<&Write> = unit.writes.iter().filter(is_base).collect();
    if bases.iter().any(|write| !matches!(judge.key_side(write.key(), at), Side::After | Side::Either)) {
        return conflict(judge, unit);
    }
    let mut sql = Vec::new();
    for write in ordered(unit) {
        if matches!(judge.key_side(write.key(), at), Side::After | Side::Either)
            || comes_with_its_parent(judge, at, write)
        {
            continue;
        }
        match fix(judge, at, write, base == Base::Table) {
            Some(fixes) => sql.extend(fixes),
            None => return conflict_of(judge, write),
        }
    }
    sql.extend(renames(judge, unit));
    Ruling::converge(Reason::Differs, sql)
}

/// True if a table lacks a part that its parent lacks too: the statement for the parent is to run before, and adds it to both.
fn comes_with_its_parent(judge: &Judge<'_>, at: usize, write: &Write) -> bool {
    if !matches!(write.key(), Key::Column(..) | Key::Default(..) | Key::NotNull(..) | Key::Constraint(..)) {
        return false;
    }
    let table = write.key().relation().and_then(|table| judge.evidence.found(&Key::Relation(table.clone())));
    let Some(Found::Table(table)) = table.filter(|_| judge.evidence.found(write.key()).is_none()) else { return false };
    let parents = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
    let keys = parents.filter_map(|parent| write.key().on_table(parent.clone()));
    let mut keys = keys.filter(|key| judge.evidence.found(key).is_none());
    keys.any(|key| judge.is_still_to_come_or_go(at, &key))
}

/// The writes in order: columns first, then the parts that need them.
fn ordered<'u>(unit: &'u Unit<'_>) -> Vec<&'u Write> {
    let rank = |write: &&Write| match write.key() {
        Key::Column(..) => 0,
        Key::Default(..) => 1,
        Key::NotNull(..) => 2,
        _ => 3,
    };
    let mut writes: Vec<&Write> = unit.evident().collect();
    writes.sort_by_key(rank);
    writes
}

/// A DROP of an object that differs from the chain's: allowed only if it has no rows, or if its rows have the same type.
fn dropped(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    let mut main_is_there = false;
    for write in unit.evident() {
        let holds_rows = match (write.key(), write.before.definition()) {
            (Key::Relation(_), Some(Definition::Table(_))) | (Key::Column(..), _) => true,
            // A table in place of another kind of object is not the chain's.
            (Key::Relation(_), _) => matches!(judge.evidence.found(write.key()), Some(Found::Table(_))),
            _ => false,
        };
        main_is_there |= holds_rows && judge.evidence.found(write.key()).is_some();
        if !holds_rows {
            continue;
        }
        if let Fit::No(Mismatch::Different(difference)) = judge.evidence.fit(write.key(), &write.before) {
            return Ruling::conflict(Reason::NotOursToDrop { key: write.key().clone() }, Some(difference))
                .offering(["-- lockgate:run-as-is above it, to drop it all the same".to_owned()]);
        }
    }
    let is_there = main_is_there
        || unit.evident().any(|write| write.after == Expected::Absent && judge.evidence.found(write.key()).is_some());
    let ruling = if is_there { Ruling::plain(Decision::Apply) } else { Ruling::new(Decision::Satisfied, Reason::Gone) };
    ruling.tolerating(left_differing(judge, at, unit))
}

/// RENAME: the object has the old name or the new one, and some of its parts differ from the chain's.
fn moved(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Ruling {
    // A missing default or NOT NULL is also the state before the column was added.
    let is_part = |write: &Write| matches!(write.key(), Key::Default(..) | Key::NotNull(..));
    let is_at = |side| unit.evident().any(|write| !is_part(write) && judge.key_side(write.key(), at) == side);
    let (before, after) = (is_at(Side::Before), is_at(Side::After));
    let is_other = |write: &&Write| {
        matches!(write.key(), Key::Relation(_) | Key::Column(..) | Key::Type(_))
            && matches!(judge.evidence.fit(write.key(), &write.after), Fit::No(Mismatch::Different(_)))
    };
    if after && let Some(other) = unit.evident().find(is_other) {
        return conflict_of(judge, other);
    }
    let is_lost = |write: &&Write| is_part(write) && judge.key_side(write.key(), at) == Side::After;
    if before && let Some(lost) = unit.evident().find(is_lost) {
        return Ruling::conflict(Reason::PartGone { key: lost.key().clone() }, None).offering(ways_on());
    }
    if !unit.evident().any(|write| judge.evidence.found(write.key()).is_some()) {
        // Its input is missing, which is reported with everything else that is missing.
        return Ruling::plain(Decision::Apply);
    }
    let mut fixes = Vec::new();
    let differs = |write: &&Write| match judge.key_side(write.key(), at) {
        Side::Nowhere => true,
        Side::Before => after && is_part(write),
        Side::After | Side::Either | Side::Torn => false,
    };
    for write in unit.evident().filter(differs) {
        let is_old = write.after == Expected::Absent;
        match fix(judge, at, write, false) {
            _ if is_old => {}
            Some(sql) => fixes.extend(sql),
            None => return conflict_of(judge, write),
        }
    }
    match (before, after) {
        (true, false) if fixes.is_empty() => Ruling::plain(Decision::Apply),
        (true, false) => {
            let fixes = fixes.into_iter().map(Fix::Sql);
            Ruling::converge(Reason::DiffersBesideName, [Fix::AsWritten].into_iter().chain(fixes))
        }
        (false, true) if fixes.is_empty() => Ruling::new(Decision::Satisfied, Reason::Renamed),
        (false, true) => Ruling::converge(Reason::RenamedDiffers, fixes),
        _ => conflict(judge, unit),
    }
}

fn extension(judge: &Judge<'_>, unit: &Unit<'_>, name: &str) -> Ruling {
    let wanted = unit.writes.iter().find_map(|write| write.after.definition());
    let found = unit.writes.iter().find_map(|write| judge.evidence.found(write.key()));
    let (Some(Definition::Extension { schema, version }), Some(Found::Extension { schema: there, .. })) =
        (wanted, found)
    else {
        return conflict(judge, unit);
    };
    let name = quote_ident(name);
    let mut sql = Vec::new();
    if let Some(schema) = schema.as_ref().filter(|schema| *schema != there) {
        sql.push(format!("ALTER EXTENSION {name} SET SCHEMA {}", quote_ident(schema)));
    }
    if let Some(version) = version {
        sql.push(format!("ALTER EXTENSION {name} UPDATE TO {}", quote_literal(version)));
    }
    Ruling::converge(Reason::OtherVersionOrSchema, sql)
}

/// The keys that a unit does not change although they differ from every expectation: they are dropped with their object.
fn left_differing(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Vec<Key> {
    let differing = unit.writes.iter().filter(|write| judge.key_side(write.key(), at) == Side::Nowhere);
    differing.map(|write| write.key().clone()).collect()
}
