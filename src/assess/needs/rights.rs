//! The rights that pending statements assume, queried in one statement before anything runs.
//!
//! The right to create an extension is not checked: managed servers allow it to roles that are not superusers, and the catalog
//! does not show it.

use std::collections::BTreeMap;

use crate::assess::judge::Judge;
use crate::assess::request::Script;
use crate::assess::ruling::Ruling;
use crate::assess::verdict::Decision;
use crate::catalog::{CatalogError, Key, Surroundings};
use crate::connect::{Message, Session};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_ident, quote_literal};
use crate::sql::Named;
use crate::statement::change::{Act, ConstraintKind, DataAct, Effect, NewConstraint, Object, Setting, TableAct};

/// A missing right of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// In words: `app may not create in schema public`.
    pub what: String,
    /// The SQL that grants it.
    pub next: String,
    /// Script and statement.
    pub needed_by: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ask {
    CreateIn(String),
    /// The right to create a schema or a publication.
    CreateInDatabase,
    CreateRole,
    Own(QualifiedName),
    OwnType(QualifiedName),
    /// The owner's rights on a function, with its arguments as in [`Key::Function`].
    OwnFunction(QualifiedName, Vec<String>),
    OwnSchema(String),
    /// A privilege on a table.
    Table(QualifiedName, &'static str),
}

/// The missing rights for the units that are to run. After a statement that changes roles or rights, the script's later
/// statements are not checked.
pub(in crate::assess) async fn lacking(
    session: &Session,
    judge: &Judge<'_>,
    surroundings: &Surroundings,
    pending: &[Script<'_>],
    rulings: &[Ruling],
) -> Result<Vec<Right>, CatalogError> {
    if surroundings.is_superuser {
        return Ok(Vec::new());
    }
    let mut asks: BTreeMap<Ask, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, (unit, ruling)) in judge.timeline.units.iter().zip(rulings).enumerate() {
        if !matches!(ruling.decision, Decision::Apply | Decision::Run | Decision::Converge) {
            continue;
        }
        if changes_rights(unit) || sets_role(pending, unit) {
            break;
        }
        for ask in asks_of(judge, at, unit) {
            let needed_by = asks.entry(ask).or_default();
            if needed_by.last() != Some(&(unit.revision, unit.statement)) {
                needed_by.push((unit.revision, unit.statement));
            }
        }
    }
    if asks.is_empty() {
        return Ok(Vec::new());
    }
    let parts: Vec<String> = asks.keys().enumerate().map(|(at, ask)| question(at, ask)).collect();
    let rows = session.send(&Message::own(parts.join(" UNION ALL "))).await.rows().await?;
    let (mut lacking, asks) = (Vec::new(), Vec::from_iter(asks));
    for row in rows {
        let [Some(at), Some(held), owner] = row.as_slice() else { continue };
        let asked = at.parse().ok().and_then(|at: usize| asks.get(at));
        if held == "f"
            && let Some((ask, needed_by)) = asked
        {
            lacking.push(right(ask, &surroundings.user, owner.as_deref().unwrap_or_default(), needed_by.clone()));
        }
    }
    Ok(lacking)
}

fn sets_role(pending: &[Script<'_>], unit: &Unit<'_>) -> bool {
    let effect = &pending[unit.revision].statements[unit.statement].effect;
    matches!(effect, Effect::Setting(Setting::Role(_)))
}

fn changes_rights(unit: &Unit<'_>) -> bool {
    match unit.kind {
        UnitKind::Opaque(opaque) => opaque.may_define,
        UnitKind::Unjudged(_) => true,
        UnitKind::Change(change) => matches!(change.act, Act::Grant { .. } | Act::GrantRole { .. } | Act::Owner { .. }),
        UnitKind::Setting | UnitKind::Data(_) | UnitKind::Repeatable => false,
    }
}

fn asks_of(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Vec<Ask> {
    // The role owns the objects that the run itself creates.
    let is_old = |key: &Key| {
        judge.evidence.found(key).is_some()
            && !judge.timeline.writers_before(key, at + 1).any(|writer| {
                judge.timeline.units[writer].writes.iter().any(|write| write.key() == key && write.makes())
            })
    };
    let resolve = |named: &Named| resolved(unit, named).filter(|name| is_old(&Key::Relation(name.clone())));
    let own = |named: &Named| resolve(named).map(Ask::Own);
    let on = |named: &Named, privilege: &'static str| resolve(named).map(|name| Ask::Table(name, privilege));
    let mut asks: Vec<Option<Ask>> = Vec::new();
    match unit.kind {
        UnitKind::Change(change) => {
            match &change.act {
                Act::CreateSchema { .. } | Act::CreatePublication { .. } => asks.push(Some(Ask::CreateInDatabase)),
                Act::CreateTableAs(new) => asks.extend(new.reads.iter().map(|read| on(read, "SELECT"))),
                Act::CreateRole { .. } => asks.push(Some(Ask::CreateRole)),
                Act::CreateTable(new) if !new.temporary => {
                    asks.extend(references(&new.constraints).map(|target| on(target, "REFERENCES")));
                }
                Act::CreateIndex(new) => asks.push(own(&new.table)),
                Act::CreateTrigger(new) => asks.push(on(&new.table, "TRIGGER")),
                Act::CreatePolicy { table, .. }
                | Act::AlterPolicy { table, .. }
                | Act::CreateRule { table, .. }
                | Act::CreateStatistics { table, .. } => asks.push(own(table)),
                Act::AlterTable { table, act, .. } => {
                    asks.push(own(table));
                    let constraints: &[NewConstraint] = match act {
                        TableAct::AddConstraint(new) => std::slice::from_ref(&**new),
                        TableAct::AddColumn { column, .. } => &column.constraints,
                        _ => &[],
                    };
                    asks.extend(references(constraints).map(|target| on(target, "REFERENCES")));
                }
                Act::Rename { object, .. }
                | Act::SetSchema { object, .. }
                | Act::Comment { object, .. }
                | Act::Drop { object, .. } => asks.push(relation_of(object).and_then(own)),
                _ => {}
            }
            asks.push(created_in(judge, unit).map(Ask::CreateIn));
            let changed = unit.writes.iter().filter(|write| write.is_change() && is_old(write.key()));
            asks.extend(changed.map(|write| owned(write.key())));
        }
        UnitKind::Data(data) => {
            let privilege = match data.act {
                DataAct::Insert { .. } | DataAct::Copy => "INSERT",
                DataAct::Update { .. } => "UPDATE",
                DataAct::Delete { .. } => "DELETE",
                DataAct::Truncate { .. } => "TRUNCATE",
                DataAct::Position { .. } | DataAct::Merge | DataAct::Other => return Vec::new(),
            };
            asks.extend(data.writes.iter().map(|named| on(named, privilege)));
            let others = data.reads.iter().filter(|read| !data.writes.contains(read));
            asks.extend(others.map(|read| on(read, "SELECT")));
        }
        _ => {}
    }
    asks.into_iter().flatten().collect()
}

/// The owner's right on an object that only its owner may change.
fn owned(key: &Key) -> Option<Ask> {
    match key {
        Key::Type(name) => Some(Ask::OwnType(name.clone())),
        Key::Function(name, arguments) => Some(Ask::OwnFunction(name.clone(), arguments.clone())),
        Key::Schema(name) => Some(Ask::OwnSchema(name.clone())),
        _ => None,
    }
}

/// The existing schema in which a unit creates a new object.
fn created_in(judge: &Judge<'_>, unit: &Unit<'_>) -> Option<String> {
    let made = unit.writes.iter().filter(|write| write.makes());
    made.filter_map(|write| match write.key() {
        Key::Relation(name) | Key::Type(name) | Key::Function(name, _) => Some(&name.schema),
        _ => None,
    })
    .find(|schema| !judge.timeline.writes(&Key::Schema((*schema).clone())) && !schema.starts_with("pg_"))
    .cloned()
}

fn references(constraints: &[NewConstraint]) -> impl Iterator<Item = &Named> {
    constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Foreign(key) => Some(&key.target),
        _ => None,
    })
}

fn relation_of(object: &Object) -> Option<&Named> {
    match object {
        Object::Relation { name, .. } => Some(name),
        Object::Column { table, .. }
        | Object::Constraint { table, .. }
        | Object::Trigger { table, .. }
        | Object::Policy { table, .. }
        | Object::Rule { table, .. } => Some(table),
        _ => None,
    }
}

fn resolved(unit: &Unit<'_>, named: &Named) -> Option<QualifiedName> {
    let keys = unit.needs.iter().map(|need| &need.0).chain(unit.writes.iter().map(|write| write.key()));
    keys.filter_map(Key::relation)
        .find(|name| name.name == named.name && named.schema.as_ref().is_none_or(|schema| *schema == name.schema))
        .cloned()
}

/// `at`, true if the right is held, and the owner; no row if the object is missing.
fn question(at: usize, ask: &Ask) -> String {
    let relation = |name: &QualifiedName, held: &str| {
        format!(
            "SELECT {at}, {held}, pg_catalog.pg_get_userbyid(c.relowner)::text FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relname = {}",
            quote_literal(&name.schema),
            quote_literal(&name.name)
        )
    };
    let owned_by = |owner: &str, of: &str| {
        format!(
            "SELECT {at}, pg_catalog.pg_has_role({owner}, 'USAGE'), pg_catalog.pg_get_userbyid({owner})::text \
             FROM pg_catalog.{of}"
        )
    };
    match ask {
        Ask::CreateIn(schema) => format!(
            "SELECT {at}, pg_catalog.has_schema_privilege(oid, 'CREATE'), pg_catalog.pg_get_userbyid(nspowner)::text \
             FROM pg_catalog.pg_namespace WHERE nspname = {}",
            quote_literal(schema)
        ),
        Ask::CreateInDatabase => format!(
            "SELECT {at}, pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'), \
             pg_catalog.current_database()::text"
        ),
        Ask::CreateRole => {
            format!("SELECT {at}, rolcreaterole, NULL FROM pg_catalog.pg_roles WHERE rolname = current_user")
        }
        Ask::Own(name) => relation(name, "pg_catalog.pg_has_role(c.relowner, 'USAGE')"),
        Ask::OwnType(name) => {
            let of = format!("pg_type WHERE oid = pg_catalog.to_regtype({})", quote_literal(&name.quoted()));
            owned_by("typowner", &of)
        }
        Ask::OwnFunction(name, arguments) => {
            let signature = quote_literal(&signature(name, arguments));
            owned_by("proowner", &format!("pg_proc WHERE oid = pg_catalog.to_regprocedure({signature})"))
        }
        Ask::OwnSchema(name) => owned_by("nspowner", &format!("pg_namespace WHERE nspname = {}", quote_literal(name))),
        Ask::Table(name, privilege) => {
            let any_column = matches!(*privilege, "INSERT" | "UPDATE" | "REFERENCES" | "SELECT");
            let function = if any_column { "has_any_column_privilege" } else { "has_table_privilege" };
            relation(name, &format!("pg_catalog.{function}(c.oid, '{privilege}')"))
        }
    }
}

fn signature(name: &QualifiedName, arguments: &[String]) -> String {
    format!("{}({})", name.quoted(), arguments.join(", "))
}

fn right(ask: &Ask, user: &str, owner: &str, needed_by: Vec<(usize, usize)>) -> Right {
    let role = quote_ident(user);
    let own = |what: &str, kind: &str, object: &str| {
        (
            format!("{what} belongs to {owner}, not to {user}"),
            format!("ALTER {kind} {object} OWNER TO {role}; (or GRANT {} TO {role};)", quote_ident(owner)),
        )
    };
    let (what, next) = match ask {
        Ask::CreateIn(schema) => (
            format!("{user} may not create in schema {schema}"),
            format!("GRANT CREATE ON SCHEMA {} TO {role};", quote_ident(schema)),
        ),
        Ask::CreateInDatabase => (
            format!("{user} may not create schemas or publications in database {owner}"),
            format!("GRANT CREATE ON DATABASE {} TO {role};", quote_ident(owner)),
        ),
        Ask::CreateRole => (format!("{user} may not create roles"), format!("ALTER ROLE {role} CREATEROLE;")),
        Ask::Own(name) => own(&name.to_string(), "TABLE", &name.quoted()),
        Ask::OwnType(name) => own(&format!("type {name}"), "TYPE", &name.quoted()),
        Ask::OwnFunction(name, arguments) => {
            let signature = signature(name, arguments);
            own(&format!("function {signature}"), "FUNCTION", &signature)
        }
        Ask::OwnSchema(name) => own(&format!("schema {name}"), "SCHEMA", &quote_ident(name)),
        Ask::Table(name, privilege) => (
            format!("{user} has no {privilege} on {name}"),
            format!("GRANT {privilege} ON {} TO {role};", name.quoted()),
        ),
    };
    Right { what, next, needed_by }
}
