//! `lockgate:ensure`: the object of a statement must exist with this definition, whoever created it. Without an argument, the
//! statement itself states the definition; with a line of a snapshot, the statement runs if the object differs from the line.
//!
//! Such a script is judged after all scripts before it are applied, so a fresh run finds the chain's objects.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::converge;
use super::definition::in_force;
use super::judge::Judge;
use super::reason::Reason;
use super::request::Script;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{self, CatalogError, Surroundings};
use crate::chain::directive::StatementDirective;
use crate::connect::Session;
use crate::expect::{Unit, Write};
use crate::object::{self, Fact, Kind};
use crate::statement::change::{Act, Change, Effect, TableAct};
use crate::statement::{Kind as Sort, Statement};

/// The wanted state of an object: the properties in the line, and no others.
#[derive(Clone, Debug)]
struct State {
    wanted: Fact,
    /// Properties that must not be set.
    unset: Vec<String>,
}

impl State {
    fn parse(line: &str) -> Result<Self, String> {
        let (identity, set): (String, Map<String, Value>) = serde_json::from_str(line)
            .map_err(|_| "it takes a line of the snapshot, [\"KIND NAME\",{…}], or nothing".to_owned())?;
        let (unset, set): (Vec<_>, Vec<_>) = set.into_iter().partition(|(_, value)| value.is_null());
        let wanted = Fact::of_line(&identity, set).map_err(|error| error.to_string())?;
        let unset: Vec<String> = unset.into_iter().map(|(property, _)| property).collect();
        let is_known = |property: &String| wanted.kind.properties.iter().any(|(known, ..)| known == property);
        match unset.iter().find(|property| !is_known(property)) {
            Some(property) => Err(format!("{} has no property {property}", wanted.kind.word)),
            None => Ok(Self { wanted, unset }),
        }
    }

    /// The reason why the object is not in this state; none if it is.
    fn lacks(&self, there: &[Fact]) -> Option<Reason> {
        let named = there.iter().find(|fact| fact.kind.word == self.wanted.kind.word && fact.name == self.wanted.name);
        match named {
            Some(found) => self.differs(found),
            // A missing object has no property set.
            None if self.wanted.properties.is_empty() && !self.unset.is_empty() => None,
            // The server chose the name: another one is as good.
            None if self.wanted.auto && there.iter().any(|found| self.is_like(found)) => None,
            None => Some(Reason::EnsuredMissing { object: self.wanted.shown() }),
        }
    }

    fn is_like(&self, found: &Fact) -> bool {
        found.kind.word == self.wanted.kind.word
            && found.holder() == self.wanted.holder()
            && self.differs(found).is_none()
    }

    fn differs(&self, found: &Fact) -> Option<Reason> {
        let is_asked =
            |property: &str| self.wanted.get(property).is_some() || self.unset.iter().any(|unset| unset == property);
        let properties = found.properties.iter().filter(|(property, _)| is_asked(property)).cloned().collect();
        let found = Fact { properties, ..found.clone() };
        let differences = object::compare(&self.wanted, &found, true);
        let different = differences.iter().find(|it| it.weight == object::Weight::Different)?;
        let found = different.found.clone().unwrap_or_else(|| "not set".to_owned());
        Some(Reason::EnsuredDiffers { object: self.wanted.shown(), property: different.property, found })
    }
}

/// The existing objects of the kinds that the scripts name.
#[derive(Debug, Default)]
pub struct There(Vec<Fact>);

/// The owner of a part of these is the owner of the whole.
const HOLDERS: [&str; 3] = ["table", "view", "type"];

impl There {
    /// Reads the objects; asks nothing if no script needs it.
    pub async fn look(session: &Session, scripts: &[Script<'_>], lock_timeout: Duration) -> Result<Self, CatalogError> {
        let statements = scripts.iter().flat_map(|script| script.statements);
        let states = statements.filter_map(|statement| State::parse(state(statement)?).ok());
        let mut kinds: BTreeMap<&str, &'static Kind> = BTreeMap::new();
        for state in states {
            let also = HOLDERS.iter().filter_map(|word| object::kind(word));
            kinds.extend(also.chain([state.wanted.kind]).map(|kind| (kind.word, kind)));
        }
        if kinds.is_empty() {
            return Ok(Self::default());
        }
        let kinds: Vec<&'static Kind> = kinds.into_values().collect();
        catalog::facts(session, &kinds, lock_timeout).await.map(Self)
    }

    /// None if the statement has no such directive.
    pub fn ruling(&self, statement: &Statement, surroundings: &Surroundings) -> Option<Ruling> {
        let state = State::parse(state(statement)?).ok()?;
        if let Some((object, owner)) = self.stranger(&state.wanted, surroundings) {
            return Some(Ruling::conflict(Reason::UntrustedEnsured { object, owner }, None));
        }
        let decision = if statement.kind == Sort::Definition { Decision::Apply } else { Decision::Run };
        Some(match state.lacks(&self.0) {
            None => Ruling::new(Decision::Satisfied, Reason::Ensured { object: state.wanted.shown() }),
            Some(why) => Ruling::new(decision, why),
        })
    }

    /// The object, or the one to which it belongs, if an untrusted role owns it.
    fn stranger(&self, wanted: &Fact, surroundings: &Surroundings) -> Option<(String, String)> {
        let is_it = |fact: &&Fact| {
            fact.kind.word == wanted.kind.word && fact.name == wanted.name
                || HOLDERS.contains(&fact.kind.word) && fact.name == wanted.holder()
        };
        let owned = self.0.iter().filter(is_it).filter_map(|fact| Some((fact.shown(), fact.text("owner")?)));
        let mut strange = owned.filter(|(_, owner)| !surroundings.trusted.contains(*owner));
        strange.next().map(|(object, owner)| (object, owner.to_owned()))
    }
}

const OF_ROWS: &str =
    "rows are no schema: leave it out, and say with `lockgate:unless SELECT …` when the statement has run";

fn state(statement: &Statement) -> Option<&str> {
    statement.directives.iter().find_map(|directive| match directive {
        StatementDirective::Ensure { state } => state.as_deref(),
        _ => None,
    })
}

fn is_bare(directive: &StatementDirective) -> bool {
    matches!(directive, StatementDirective::Ensure { state: None })
}

/// True if the directive has no argument: the statement itself states the wanted object.
pub fn speaks_for_itself(directives: &[StatementDirective]) -> bool {
    directives.iter().any(is_bare)
}

/// True for a statement that runs if an object differs from a line of a snapshot: by itself it says nothing about the schema.
///
/// # Errors
/// The statement itself cannot be judged; with the text to write instead.
pub fn ensured(statement: &Statement) -> Result<bool, String> {
    let of_ensure = |one: &&StatementDirective| matches!(one, StatementDirective::Ensure { .. });
    if statement.directives.iter().filter(of_ensure).count() > 1 {
        return Err("it stands twice above one statement".to_owned());
    }
    if let Some(line) = state(statement) {
        if statement.kind == Sort::Data {
            return Err(OF_ROWS.to_owned());
        }
        return State::parse(line).map(|_| true);
    }
    if !statement.directives.iter().any(is_bare) {
        return Ok(false);
    }
    const LINE: &str = "write behind it the line of the snapshot that has to hold, [\"KIND NAME\",{…}]: the statement runs where it does not";
    match &statement.effect {
        Effect::Changes(changes) => {
            changes.iter().find_map(unjudgeable).map_or(Ok(false), |why| Err(format!("{why}; or {LINE}")))
        }
        Effect::Data(_) => Err(OF_ROWS.to_owned()),
        Effect::Setting(_) | Effect::Repeatable => Ok(false),
        Effect::Opaque(_) | Effect::Unjudged(_) => {
            Err(format!("by its own words nobody can tell whether what it makes is there; {LINE}"))
        }
    }
}

/// The reason why a change does not state its object completely.
fn unjudgeable(change: &Change) -> Option<&'static str> {
    const EXISTS: &str = "leave IF NOT EXISTS out: the directive says it";
    const NAME: &str = "name what it makes";
    match &change.act {
        Act::CreateIndex(index) if index.if_not_exists => Some(EXISTS),
        Act::CreateIndex(index) if index.name.is_none() => Some(NAME),
        Act::CreateStatistics { if_not_exists: true, .. }
        | Act::CreateSequence { if_not_exists: true, .. }
        | Act::CreateSchema { if_not_exists: true, .. }
        | Act::CreateExtension { if_not_exists: true, .. }
        | Act::CreateCollation { if_not_exists: true, .. } => Some(EXISTS),
        Act::CreateStatistics { name: None, .. } => Some(NAME),
        Act::CreateSchema { .. }
        | Act::CreateExtension { .. }
        | Act::CreateView(_)
        | Act::CreateIndex(_)
        | Act::CreateSequence { .. }
        | Act::CreateEnum { .. }
        | Act::CreateComposite { .. }
        | Act::CreateDomain(_)
        | Act::CreateRange { .. }
        | Act::CreateCollation { .. }
        | Act::CreateFunction(_)
        | Act::CreateTrigger(_)
        | Act::CreatePolicy { .. }
        | Act::CreateRule { .. }
        | Act::CreateStatistics { .. }
        | Act::Comment { .. } => None,
        Act::AlterTable { act, .. } => unjudgeable_part(act),
        Act::CreateTable(_) | Act::CreateTableAs(_) => {
            Some("of a table the parts are told apart: say its columns and keys by ALTER TABLE … ADD")
        }
        Act::Drop { .. } => Some("it takes something away: leave the directive out, and write IF EXISTS"),
        _ => Some("by its own words nobody can tell whether it is done"),
    }
}

fn unjudgeable_part(act: &TableAct) -> Option<&'static str> {
    match act {
        TableAct::AddColumn { column, if_not_exists } if *if_not_exists || !column.constraints.is_empty() => Some(
            "leave IF NOT EXISTS out, and add the column's keys and checks by a statement of their own, with their names",
        ),
        TableAct::AddConstraint(constraint) if constraint.name.is_none() => Some("name what it makes"),
        TableAct::AddColumn { .. }
        | TableAct::AddConstraint(_)
        | TableAct::ValidateConstraint { .. }
        | TableAct::SetDefault { .. }
        | TableAct::DropDefault { .. }
        | TableAct::SetNotNull { .. }
        | TableAct::DropNotNull { .. }
        | TableAct::SetType { .. }
        | TableAct::SetColumnProperty { .. }
        | TableAct::RowSecurity(_)
        | TableAct::ForceRowSecurity(_)
        | TableAct::SetLogged(_)
        | TableAct::ReplicaIdentity(_)
        | TableAct::SetOptions(_) => None,
        _ => Some("by its own words nobody can tell whether it is done"),
    }
}

/// A plan assumes that earlier revisions are still to run; a run judges after they have run.
pub fn in_its_turn(ruling: Ruling, revisions_before: usize) -> Ruling {
    if revisions_before == 0 {
        return ruling;
    }
    let decision = if ruling.decision.refuses() { Decision::Apply } else { ruling.decision };
    ruling.in_its_turn(decision).provisionally(Reason::InItsTurn)
}

/// A change with the bare directive: its object is equal, absent, or different.
pub fn ruling(judge: &Judge<'_>, at: usize, unit: &Unit<'_>, earlier: &[Decision]) -> Ruling {
    let timeline = judge.timeline;
    let is_earlier = |other: &usize| {
        timeline.units[*other].revision == unit.revision && timeline.units[*other].statement < unit.statement
    };
    let twice =
        unit.writes.iter().find(|write| timeline.writers_before(write.key(), at).any(|other| is_earlier(&other)));
    if let Some(write) = twice {
        return Ruling::conflict(Reason::EnsuredTwice { key: write.key().clone() }, None)
            .offering(["say it in one statement, or in a revision of its own".to_owned()]);
    }
    // A value that the chain set before is already proved as the state before the change.
    let value = |write: &Write| if write.is_change() { write.after.clone() } else { write.before.clone() };
    let wanted = || unit.writes.iter().filter(|write| write.after.is_stated());
    if wanted().next().is_some() && wanted().all(|write| judge.evidence.fit(write.key(), &value(write)).is_proof()) {
        return in_force(judge, unit);
    }
    let is_there = |write: &&Write| judge.evidence.found(write.key()).is_some();
    let objects = || unit.writes.iter().filter(|write| !write.key().is_property());
    if objects().next().is_some() && !objects().any(|write| is_there(&write)) {
        return Ruling::new(Decision::Apply, Reason::ToMake);
    }
    converge::differing(judge, at, unit, earlier)
}
