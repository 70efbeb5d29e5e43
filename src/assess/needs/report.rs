//! The report of missing objects, with the statements that need them and the advice: derived prerequisites and declared ones.

use crate::assess::advice;
use crate::assess::judge::Judge;
use crate::assess::lookup;
use crate::assess::nearest::Nearest;
use crate::assess::needs::missing::{self, Missing};
use crate::assess::request::Script;
use crate::assess::ruling::Ruling;
use crate::catalog::{self, CatalogError, Key, Surroundings, Wanted};
use crate::connect::Session;
use crate::expect::Expected;
use crate::pg::name::{QualifiedName, quote_ident};
use crate::sql::Named;
use crate::statement::change::{Act, Effect, TableAct};

/// Script and statement; no statement means that the script declares it.
type Needer = (usize, Option<usize>);

/// A missing object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    pub missing: Missing,
    pub needed_by: Vec<Needer>,
    /// The advice.
    pub next: String,
}

/// Adds the declared prerequisites, and the advice about each.
pub(in crate::assess) async fn complete(
    session: &Session,
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    rulings: &[Ruling],
    derived: Vec<(Missing, Vec<(usize, usize)>)>,
) -> Result<Vec<Lack>, CatalogError> {
    let mut all: Vec<(Missing, Vec<Needer>)> = derived
        .into_iter()
        .map(|(missing, needed_by)| {
            (missing, needed_by.into_iter().map(|(script, statement)| (script, Some(statement))).collect())
        })
        .collect();
    for (script, missing) in declared(session, judge, surroundings, pending, rulings).await? {
        match all.iter_mut().find(|(other, _)| other.key() == missing.key()) {
            Some((_, needed_by)) => needed_by.insert(0, (script, None)),
            None => all.push((missing, vec![(script, None)])),
        }
    }
    let near = Nearest::of(session, judge, all.iter().map(|(missing, _)| missing)).await?;
    let lack = |(missing, needed_by): (Missing, Vec<Needer>)| {
        let next = next(&missing, &needed_by, (applied, pending), near.to(missing.key()));
        Lack { next, missing, needed_by }
    };
    Ok(all.into_iter().map(lack).collect())
}

/// The missing objects that `lockgate:requires` names.
async fn declared(
    session: &Session,
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    pending: &[Script<'_>],
    rulings: &[Ruling],
) -> Result<Vec<(usize, Missing)>, CatalogError> {
    let units = &judge.timeline.units;
    let mut keys: Vec<(usize, usize, Key)> = Vec::new();
    for (script, requires) in pending.iter().enumerate().map(|(at, script)| (at, script.requires)) {
        let Some(first) = units.iter().position(|unit| unit.revision == script) else { continue };
        for requirement in requires {
            let Some(named) = parts(&requirement.name) else { continue };
            let name = resolved(judge, surroundings, first, &named);
            keys.push((script, first, Key::Relation(name.clone())));
            let columns = requirement.columns.iter().map(|column| Key::Column(name.clone(), column.clone()));
            keys.extend(columns.map(|key| (script, first, key)));
        }
    }
    let mut wanted = Wanted::default();
    keys.iter().for_each(|(_, _, key)| lookup::add(&mut wanted, key));
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let there = catalog::load(session, &wanted).await?;
    let mut missing: Vec<(usize, Missing)> = Vec::new();
    for (script, at, key) in keys {
        let relation = key.relation().map(|name| Key::Relation(name.clone()));
        let is_told = missing.iter().any(|(other, one)| *other == script && Some(one.key()) == relation.as_ref());
        if is_told || there.get(&key).is_some() {
            continue;
        }
        let is_on_known_table = relation.is_some_and(|relation| there.get(&relation).is_some());
        let lack = if is_on_known_table && !judge.timeline.writes(&key) {
            // The table was read only here, so its missing columns are known only here.
            let is_lost = judge.timeline.base.get(&key).is_some_and(Expected::is_present);
            let lack = if is_lost { Missing::Lost(key) } else { Missing::Never(key) };
            (!missing::may_be_made(judge, rulings, at)).then_some(lack)
        } else {
            missing::lacks(judge, surroundings, rulings, at, &key)
        };
        missing.extend(lack.map(|one| (script, one)));
    }
    Ok(missing)
}

/// A name as a script writes it.
fn parts(text: &str) -> Option<Named> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c if quoted => parts.last_mut()?.push(c),
            c => parts.last_mut()?.extend(c.to_lowercase()),
        }
    }
    Some(Named { name: parts.pop()?, schema: parts.pop() })
}

fn resolved(judge: &Judge<'_>, surroundings: &Surroundings, at: usize, named: &Named) -> QualifiedName {
    let within = |schema: &String| QualifiedName::new(schema.clone(), named.name.clone());
    if let Some(schema) = &named.schema {
        return within(schema);
    }
    let path = &judge.timeline.units[at].path;
    let is_there = |name: &QualifiedName| {
        surroundings.relations.contains_key(name)
            || judge.timeline.at(&Key::Relation(name.clone()), at).is_some_and(Expected::is_present)
    };
    let first = path.first().cloned().unwrap_or_else(|| "public".to_owned());
    path.iter().map(within).find(is_there).unwrap_or_else(|| within(&first))
}

fn next(
    missing: &Missing,
    needed_by: &[Needer],
    (applied, pending): (&[Script<'_>], &[Script<'_>]),
    near: Option<String>,
) -> String {
    let key = missing.key();
    match missing {
        Missing::Unavailable(_) => {
            return format!("install the package that brings {key} on the database's server, then run again");
        }
        Missing::Lost(_) => {
            if let Some((place, tag)) = maker(applied, key) {
                return format!(
                    "{place} made it: run its {tag} again, or put `-- lockgate:optional` above what can do without"
                );
            }
        }
        Missing::Passed(_) => {
            let stamp = needed_by.first().and_then(|(script, _)| advice::stamp(pending, *script));
            let stamp = stamp.map(|stamp| format!("{stamp}; or ")).unwrap_or_default();
            return format!("{stamp}put `-- lockgate:optional` above what can do without");
        }
        Missing::Never(_) => {}
    }
    let make = match key {
        Key::Relation(name) => format!("make it (CREATE TABLE {} …)", name.quoted()),
        Key::Column(table, column) => {
            format!("make it (ALTER TABLE {} ADD COLUMN {} …)", table.quoted(), quote_ident(column))
        }
        Key::Schema(name) => format!("CREATE SCHEMA {};", quote_ident(name)),
        Key::Role(name) => format!("CREATE ROLE {};", quote_ident(name)),
        Key::Extension(name) => format!("CREATE EXTENSION {};", quote_ident(name)),
        key => format!("make the {key}"),
    };
    let meant = near.map(|near| format!("is {near} meant? If not: ")).unwrap_or_default();
    format!("{meant}{make} in a revision before, or put `-- lockgate:optional` above what can do without")
}

/// The last applied statement that creates an object: its place and command.
fn maker(applied: &[Script<'_>], key: &Key) -> Option<(String, String)> {
    for script in applied.iter().rev() {
        for statement in script.statements.iter().rev() {
            let Effect::Changes(changes) = &statement.effect else { continue };
            if changes.iter().any(|change| makes(&change.act, key)) {
                return Some((format!("{}:{}", script.file, statement.line), statement.tag.clone()));
            }
        }
    }
    None
}

fn makes(act: &Act, key: &Key) -> bool {
    let is = |named: &Named, name: &QualifiedName| {
        named.name == name.name && named.schema.as_ref().is_none_or(|schema| *schema == name.schema)
    };
    match (act, key) {
        (Act::CreateTable(new), Key::Relation(name)) => is(&new.name, name),
        (Act::CreateTable(new), Key::Column(name, column)) => {
            is(&new.name, name) && new.columns.iter().any(|one| one.name == *column)
        }
        (Act::CreateTableAs(new), Key::Relation(name)) => is(&new.name, name),
        (Act::CreateView(new), Key::Relation(name)) => is(&new.name, name),
        (Act::CreateSequence { name: new, .. }, Key::Relation(name)) => is(new, name),
        (Act::CreateIndex(new), Key::Relation(name)) => new.name.as_ref() == Some(&name.name),
        (Act::AlterTable { table, act: TableAct::AddColumn { column, .. }, .. }, Key::Column(name, wanted)) => {
            is(table, name) && column.name == *wanted
        }
        (Act::CreateEnum { name: new, .. } | Act::CreateComposite { name: new, .. }, Key::Type(name)) => is(new, name),
        (Act::CreateDomain(new), Key::Type(name)) => is(&new.name, name),
        (Act::CreateFunction(new), Key::Function(name, _)) => is(&new.name, name),
        (Act::CreateSchema { name: new, .. }, Key::Schema(name)) => new == name,
        (Act::CreateExtension { name: new, .. }, Key::Extension(name)) => new == name,
        (Act::CreateRole { name: new }, Key::Role(name)) => new == name,
        _ => false,
    }
}
