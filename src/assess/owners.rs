//! Objects of untrusted roles: none counts as the chain's, even if it is equal.
//!
//! The owner of an object can replace its code, or put a trigger on it, after the gate has finished.

use std::collections::BTreeSet;

use super::judge::Judge;
use super::reason::{Doubt, Reason};
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Found, Key, RelKind};
use crate::expect::{Expected, Unit, UnitKind};
use crate::pg::name::{quote_ident, quote_literal};
use crate::sql::places_of_calls;
use crate::statement::change::{Act, TableAct};

/// An object that a unit creates, changes or uses, with its owner.
struct Strange {
    object: Key,
    owner: String,
}

/// Refuses a unit that would adopt another role's object as the chain's own.
pub fn refusal(judge: &Judge<'_>, at: usize, earlier: &[Decision]) -> Option<Ruling> {
    let unit = &judge.timeline.units[at];
    let strange = objects(judge, at, earlier).into_iter().find(|it| is_of_chain(judge, &it.object))?;
    let Strange { object, owner } = &strange;
    let is_made = unit.writes.iter().any(|write| write.key() == object && write.makes());
    let (key, owner) = (object.clone(), owner.clone());
    let reason = match is_made {
        true => Reason::UntrustedExists { object: key, owner },
        false => Reason::UntrustedOwner { object: key, owner, user: user(judge).to_owned() },
    };
    Some(Ruling::conflict(reason, None).offering(ways_on(judge, &strange, is_made)))
}

fn user<'a>(judge: &'a Judge<'_>) -> &'a str {
    &judge.evidence.trust.surroundings.user
}

/// True if the chain has the object at some place.
fn is_of_chain(judge: &Judge<'_>, object: &Key) -> bool {
    let versions = judge.timeline.versions(object).iter().map(|version| &version.value);
    judge.timeline.base.get(object).into_iter().chain(versions).any(Expected::is_present)
}

/// The objects of others that a unit touches. A DROP adopts nothing, nor does a change of the owner.
fn objects(judge: &Judge<'_>, at: usize, earlier: &[Decision]) -> Vec<Strange> {
    let unit = &judge.timeline.units[at];
    if let UnitKind::Change(change) = unit.kind
        && matches!(&change.act, Act::Drop { .. } | Act::Owner { .. } | Act::AlterTable { act: TableAct::Owner(_), .. })
    {
        return Vec::new();
    }
    let evidence = judge.evidence;
    let keys = unit.writes.iter().map(|write| write.key()).chain(unit.needs.iter().map(|need| &need.0));
    let mut seen = BTreeSet::new();
    let strange = keys.filter_map(|key| {
        let (object, owner) = evidence.catalog.owner(key)?;
        let is_strange = seen.insert(object.clone()) && !evidence.trust.trusts(&object, owner);
        (is_strange && !judge.is_removed_before(at, &object, earlier))
            .then(|| Strange { owner: owner.to_owned(), object })
    });
    strange.collect()
}

/// The reason why the rows that a statement on data touches are not queried: the query would run this object.
pub fn untouchable(judge: &Judge<'_>, unit: &Unit<'_>) -> Option<Doubt> {
    let evidence = judge.evidence;
    let relations = unit.needs.iter().map(|need| &need.0).filter(|key| matches!(key, Key::Relation(_)));
    let mut strays = relations.filter_map(|key| evidence.trust.stray_under(&evidence.catalog, key));
    strays.next().map(|stray| Doubt::UntrustedCode { stray })
}

/// Warnings about objects of others that pending units use and that the chain never creates: using them is the author's decision.
pub fn warnings(judge: &Judge<'_>, pending: &[Script<'_>], rulings: &[Ruling], decided: &[Decision]) -> Vec<String> {
    let mut all = BTreeSet::new();
    for (at, (unit, ruling)) in judge.timeline.units.iter().zip(rulings).enumerate() {
        if !matches!(ruling.decision, Decision::Apply | Decision::Run | Decision::Converge) {
            continue;
        }
        let script = &pending[unit.revision];
        let statement = &script.statements[unit.statement];
        let place = format!("{}:{}:{}", script.file, statement.line, statement.column);
        let used = objects(judge, at, decided).into_iter().filter(|it| !is_of_chain(judge, &it.object));
        all.extend(used.map(|it| told(&place, &it.object.to_string(), &it.owner)));
        let trust = &judge.evidence.trust;
        for call in places_of_calls(statement.sample(script.text)) {
            let stray = trust.stray_in(&call, &unit.path);
            all.extend(stray.map(|it| told(&place, &it.what, &it.owner)));
        }
    }
    all.into_iter().collect()
}

fn told(place: &str, what: &str, owner: &str) -> String {
    format!("{place}: uses {what}, which belongs to {owner}, a role that is not trusted")
}

fn ways_on(judge: &Judge<'_>, strange: &Strange, is_made: bool) -> Vec<String> {
    let Strange { object, owner } = strange;
    let (role, name) = (quote_ident(user(judge)), sql_name(object));
    let mut ways: Vec<String> = look(object, &name).into_iter().collect();
    let kind = kind(judge, object);
    if let Some(kind) = kind {
        ways.push(format!("ALTER {kind} {name} OWNER TO {role}"));
    }
    if is_made {
        ways.push(format!("drop it, and the chain makes it: DROP {} {name}", kind.unwrap_or("EXTENSION")));
    }
    ways.push(trusting(owner, user(judge)));
    ways
}

/// The setting that makes an object's owner trusted, with its price.
pub(super) fn trusting(owner: &str, user: &str) -> String {
    format!("LOCKGATE_TRUSTED_OWNERS={owner}, if the role may do whatever {user} may")
}

/// A query for the code that the owner may have added.
fn look(object: &Key, name: &str) -> Option<String> {
    match object {
        Key::Relation(_) => Some(format!(
            "look first: SELECT tgname, tgfoid::regprocedure FROM pg_trigger WHERE tgrelid = {}::regclass; and at its rules, \
             policies, defaults and indexes",
            quote_literal(name)
        )),
        Key::Function(..) => Some(format!(
            "look first: SELECT pg_get_functiondef({}::regprocedure); and compare it with the chain's",
            quote_literal(name)
        )),
        _ => None,
    }
}

fn sql_name(object: &Key) -> String {
    match object {
        Key::Function(name, arguments) => format!("{}({})", name.quoted(), arguments.join(", ")),
        Key::Type(name) | Key::Collation(name) | Key::Statistics(name) | Key::Relation(name) => name.quoted(),
        Key::Schema(name) | Key::Extension(name) | Key::Publication(name) | Key::EventTrigger(name) => {
            quote_ident(name)
        }
        other => other.to_string(),
    }
}

/// The word after ALTER; an extension has no ALTER … OWNER.
fn kind(judge: &Judge<'_>, object: &Key) -> Option<&'static str> {
    Some(match (object, judge.evidence.found(object)) {
        (_, Some(Found::View(view))) => {
            if view.materialized {
                "MATERIALIZED VIEW"
            } else {
                "VIEW"
            }
        }
        (_, Some(Found::Sequence(_))) => "SEQUENCE",
        (_, Some(Found::Domain(_))) => "DOMAIN",
        (_, Some(Found::Table(table))) if table.kind == RelKind::Foreign => "FOREIGN TABLE",
        (_, Some(Found::Table(table))) if table.kind == RelKind::Composite => "TYPE",
        (_, Some(Found::Function(function))) => match function.kind {
            'p' => "PROCEDURE",
            'a' => "AGGREGATE",
            _ => "FUNCTION",
        },
        (Key::Relation(_), _) => "TABLE",
        (Key::Type(_), _) => "TYPE",
        (Key::Schema(_), _) => "SCHEMA",
        (Key::Collation(_), _) => "COLLATION",
        (Key::Statistics(_), _) => "STATISTICS",
        (Key::Publication(_), _) => "PUBLICATION",
        (Key::EventTrigger(_), _) => "EVENT TRIGGER",
        _ => return None,
    })
}
