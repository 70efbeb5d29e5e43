//! The effects of earlier statements of a run on the rows for a later one. If they may change the answer, the question is not
//! asked: a present answer would not count.

use std::collections::BTreeSet;

use super::touch::{Touch, spreads};
use crate::catalog::Surroundings;
use crate::pg::name::QualifiedName;
use crate::sql::{Named, names_in};
use crate::statement::change::{Data, DataAct, Effect, Setting};
use crate::statement::{Demand, Part};

/// A statement that runs before another.
#[derive(Clone, Debug)]
pub struct Earlier<'a> {
    /// `FILE:LINE:COLUMN`.
    pub place: String,
    pub script: usize,
    pub effect: &'a Effect,
    pub sql: &'a str,
}

/// The reason why a question about rows is not asked now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The run creates the table and leaves it empty: no row can refuse anything.
    NoRows,
    /// An object that it reads does not exist yet.
    Unmade(String),
    /// An earlier statement may change the answer.
    Changed(String),
}

/// The subject of a question.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub demand: &'a Demand,
    pub script: usize,
    /// The definitions of the statement itself.
    pub own: &'a Effect,
}

/// The facts about the database.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub surroundings: &'a Surroundings,
    /// Names of relations whose changes may change others.
    pub spreading: &'a BTreeSet<String>,
}

/// Settings that do not influence an answer.
pub(super) const HARMLESS: &[&str] = &[
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "maintenance_work_mem",
    "max_parallel_maintenance_workers",
    "work_mem",
    "client_min_messages",
    "client_encoding",
    "check_function_bodies",
    "row_security",
    "default_tablespace",
    "default_table_access_method",
    "standard_conforming_strings",
    "xmloption",
    "application_name",
    "synchronous_commit",
];

/// The obstacle to a question; none if the present rows are those that the statement will meet.
pub fn obstacle(asked: &Asked<'_>, earlier: &[Earlier<'_>], known: Known<'_>) -> Option<Obstacle> {
    let names = asked.demand.names();
    if let Some(obstacle) = own(asked, &names) {
        return Some(obstacle);
    }
    let tables: Vec<&String> = asked.demand.tables().iter().map(|table| &table.name).collect();
    let acts = |one: &Earlier<'_>| match one.effect {
        Effect::Changes(changes) => changes.iter().any(|change| spreads(&change.act)),
        _ => false,
    };
    // From the last to the first: the state of a table before its creation is irrelevant.
    for (at, one) in earlier.iter().enumerate().rev() {
        let place = &one.place;
        let changed = |words: &str| Some(Obstacle::Changed(format!("{place} {words}")));
        match one.effect {
            Effect::Repeatable => {}
            Effect::Unjudged(_) => return changed("may change what it meets, and is not read"),
            Effect::Opaque(code) if code.may_write || code.may_define || code.is_dynamic => {
                return changed("may change what it meets, and is not read");
            }
            Effect::Opaque(_) => {}
            Effect::Setting(setting) => {
                if one.script == asked.script && matters(setting, one.sql, asked.demand) {
                    return changed("sets what it depends on");
                }
            }
            Effect::Data(data) => {
                if let DataAct::Position { .. } = data.act {
                    continue;
                }
                if let Some(table) = data.writes.iter().find(|written| tables.contains(&&written.name)) {
                    return changed(&format!("changes rows of {}", table.name));
                }
                if asked.demand.is_of_domain() || is_wide(data, known) || earlier[..at].iter().any(acts) {
                    return changed("may change rows of other tables than its own");
                }
            }
            Effect::Changes(changes) => {
                for change in changes.iter().rev() {
                    if let Some(obstacle) = touched(asked.demand, &names, &Touch::of(&change.act), place) {
                        return Some(obstacle);
                    }
                }
            }
        }
    }
    None
}

/// The obstacle if another part of the statement changes the subject: parts that run before constraints.
fn own(asked: &Asked<'_>, names: &BTreeSet<String>) -> Option<Obstacle> {
    let Effect::Changes(changes) = asked.own else { return None };
    changes.iter().find_map(|change| match Touch::of(&change.act) {
        Touch::MakesColumn { column, .. } if names.contains(&column) => {
            Some(Obstacle::Unmade(format!("the statement itself makes {column}")))
        }
        // Each new value is computed from the old row.
        Touch::Changes(changed) if !matches!(asked.demand, Demand::Type { .. }) && !asked.demand.is_of_domain() => {
            let changed = changed.into_iter().find(|name| names.contains(name))?;
            Some(Obstacle::Changed(format!("the statement itself changes {changed}")))
        }
        _ => None,
    })
}

fn touched(demand: &Demand, names: &BTreeSet<String>, touch: &Touch, place: &str) -> Option<Obstacle> {
    let unmade = |name: &str| Some(Obstacle::Unmade(format!("{place} makes {name} first")));
    let changed = |name: &str| Some(Obstacle::Changed(format!("{place} changes {name} first")));
    match touch {
        Touch::Nothing => None,
        Touch::MakesTable(name) if demand.tables().first().is_some_and(|table| table.name == *name) => {
            Some(Obstacle::NoRows)
        }
        Touch::MakesTable(name) if demand.tables().iter().any(|table| table.name == *name) => unmade(name),
        Touch::MakesTable(_) => None,
        Touch::Makes(name) => names.contains(name).then(|| unmade(name))?,
        Touch::MakesColumn { table, column, is_null } => {
            let is_its = names.contains(column) && demand.tables().iter().any(|one| one.name == *table);
            match is_its || demand.is_of_domain() {
                true if *is_null && is_kept_by_null(demand) => Some(Obstacle::NoRows),
                true => unmade(column),
                false => None,
            }
        }
        Touch::Changes(all) if demand.is_of_domain() => changed(all.first()?),
        Touch::Changes(all) => all.iter().find(|name| names.contains(*name)).and_then(|name| changed(name)),
        // The rows are unchanged.
        Touch::ChangesType(_) if demand.is_of_domain() => None,
        Touch::ChangesType(name) => names.contains(name).then(|| changed(name))?,
        Touch::Drops { table, constraint } => {
            let hangs_on_it = match demand {
                Demand::References { parent, parent_columns, .. } => parent_columns.is_empty() && parent.name == *table,
                Demand::Valid { .. } | Demand::DomainValid { .. } => names.contains(constraint),
                _ => false,
            };
            hangs_on_it.then(|| changed(constraint))?
        }
        Touch::Functions => calls_own(demand).then(|| changed("functions"))?,
        Touch::Everything => Some(Obstacle::Changed(format!("{place} may change what it meets"))),
    }
}

/// True if a column of NULLs satisfies the demand.
fn is_kept_by_null(demand: &Demand) -> bool {
    match demand {
        Demand::References { columns, full, .. } => columns.len() == 1 || !full,
        Demand::Distinct { parts, nulls_are_equal, .. } => {
            !nulls_are_equal && parts.iter().all(|part| matches!(part, Part::Column(_)))
        }
        _ => false,
    }
}

/// True if it may call functions that a script can create.
fn calls_own(demand: &Demand) -> bool {
    !demand.expressions().is_empty()
        || matches!(demand, Demand::Valid { .. } | Demand::DomainValid { .. } | Demand::Partition { .. })
}

fn matters(setting: &Setting, sql: &str, demand: &Demand) -> bool {
    match setting {
        // The questions are asked with that path.
        Setting::SearchPath(_) => false,
        Setting::Role(_) | Setting::All => true,
        Setting::Other => {
            let is_harmless = names_in(sql).any(|name| HARMLESS.contains(&name.as_str()));
            !is_harmless && calls_own(demand)
        }
    }
}

/// True if a statement may change rows of tables that it does not name: by triggers, rules and references, by TRUNCATE … CASCADE,
/// or by a function.
pub(super) fn is_wide(data: &Data, known: Known<'_>) -> bool {
    data.writes.is_empty()
        || matches!(data.act, DataAct::Truncate { cascade: true, .. } | DataAct::Other)
        || data.writes.iter().any(|written| known.spreading.contains(&written.name))
        || data.calls.iter().any(|call| may_do_anything(call, known.surroundings))
}

/// True if a call may mean a volatile function that is not built in, or an unknown one.
pub fn may_do_anything(call: &Named, surroundings: &Surroundings) -> bool {
    let facts = |schema: &str| {
        let name = QualifiedName::new(schema, call.name.clone());
        surroundings.functions.get(&name)
    };
    if call.schema.as_deref() == Some("pg_catalog") {
        return false;
    }
    let is_of_system = call.schema.is_none() && facts("pg_catalog").is_some();
    let schemas = call.schema.as_ref().map_or(surroundings.path.as_slice(), std::slice::from_ref);
    let mut own = schemas.iter().filter(|schema| *schema != "pg_catalog").filter_map(|schema| facts(schema)).peekable();
    (own.peek().is_none() && !is_of_system) || own.flatten().any(|function| function.volatile)
}

#[cfg(test)]
mod tests;
