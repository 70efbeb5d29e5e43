//! The existing objects that a statement uses, and their allowed owners.

use super::trust::Trust;
use crate::catalog::{Key, Taken, TakenKind};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::QualifiedName;
use crate::sql::Named;
use crate::statement::change::{Act, Change, Effect};
use crate::statement::{Presence, Statement};

/// The object of a unit with IF NOT EXISTS or OR REPLACE, with a guard by a DO, or that receives a password.
pub fn taken(statement: &Statement, unit: &Unit<'_>, trust: &Trust) -> Option<Taken> {
    let (kind, name) = match (unit.kind, statement.presence.as_deref()) {
        (UnitKind::Change(change), _) => object(change)?,
        (UnitKind::Unjudged(_), Some(Presence::TakesServer(name) | Presence::Maps { server: name, .. })) => {
            (TakenKind::Server, Named { schema: None, name: name.clone() })
        }
        (UnitKind::Unjudged(_), Some(Presence::TakesTable(name))) => (TakenKind::Relation, name.clone()),
        _ => return None,
    };
    let schema = match kind {
        // The schema itself: AUTHORIZATION names its owner, who may also own its objects.
        TakenKind::Schema => &name.name,
        _ => name.schema.as_ref().or(unit.path.first()).map_or("", String::as_str),
    };
    let owners = trust.owners_of(|key| is_key(key, &kind, &name, schema), schema);
    Some(Taken { kind, name, owners })
}

fn object(change: &Change) -> Option<(TakenKind, Named)> {
    let is_temporary = |name: &Named| name.schema.as_deref() == Some("pg_temp");
    let bare = |name: &String| Named { schema: None, name: name.clone() };
    let (takes, kind, name) = match &change.act {
        act if act.temporary().is_some() => return None,
        Act::CreateTable(new) => (new.if_not_exists, TakenKind::Relation, new.name.clone()),
        Act::CreateTableAs(new) => (new.if_not_exists, TakenKind::Relation, new.name.clone()),
        Act::CreateView(new) => (new.replace, TakenKind::Relation, new.name.clone()),
        Act::CreateSequence { name, if_not_exists, .. } => (*if_not_exists, TakenKind::Relation, name.clone()),
        Act::CreateIndex(new) => (new.if_not_exists, TakenKind::Index(new.table.clone()), bare(new.name.as_ref()?)),
        Act::CreateFunction(new) => (new.replace, TakenKind::Function, new.name.clone()),
        Act::CreateCollation { name, if_not_exists, .. } => (*if_not_exists, TakenKind::Collation, name.clone()),
        Act::CreateStatistics { name, if_not_exists, .. } => (*if_not_exists, TakenKind::Statistics, name.clone()?),
        Act::CreateSchema { name, if_not_exists } => (*if_not_exists, TakenKind::Schema, bare(name)),
        Act::CreateExtension { name, if_not_exists, .. } => (*if_not_exists, TakenKind::Extension, bare(name)),
        Act::CreatePublication { name, .. } => (false, TakenKind::Publication, bare(name)),
        Act::CreateEnum { name, .. } | Act::CreateComposite { name, .. } | Act::CreateRange { name, .. } => {
            (false, TakenKind::Type, name.clone())
        }
        Act::CreateDomain(new) => (false, TakenKind::Type, new.name.clone()),
        // Parts of a table or a type have no owner of their own, and the other statements fail if the object exists.
        _ => return None,
    };
    (takes || change.guarded).then_some((kind, name)).filter(|(_, name)| !is_temporary(name))
}

/// True if the chain may give the object of this key to a role. If several functions have one name, that role may own each.
fn is_key(key: &Key, kind: &TakenKind, name: &Named, schema: &str) -> bool {
    let is_it = |it: &QualifiedName| it.schema == schema && it.name == name.name;
    match (kind, key) {
        (TakenKind::Relation, Key::Relation(it))
        | (TakenKind::Type, Key::Type(it) | Key::Relation(it))
        | (TakenKind::Function, Key::Function(it, _))
        | (TakenKind::Collation, Key::Collation(it))
        | (TakenKind::Statistics, Key::Statistics(it)) => is_it(it),
        (TakenKind::Schema, Key::Schema(it))
        | (TakenKind::Extension, Key::Extension(it))
        | (TakenKind::Publication, Key::Publication(it)) => *it == name.name,
        _ => false,
    }
}

/// True if a statement only stores definitions: it runs nothing that earlier statements used.
pub fn is_only_written_down(effect: &Effect) -> bool {
    let Effect::Changes(changes) = effect else { return false };
    changes.iter().all(|change| match &change.act {
        Act::CreateTable(new) => new.partition_of.is_none(),
        Act::CreateSchema { .. }
        | Act::CreateView(_)
        | Act::CreateSequence { .. }
        | Act::CreateEnum { .. }
        | Act::CreateComposite { .. }
        | Act::CreateFunction(_)
        | Act::CreateStatistics { .. }
        | Act::CreateTrigger(_)
        | Act::Comment { .. } => true,
        _ => false,
    })
}
