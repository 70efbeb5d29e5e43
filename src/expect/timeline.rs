//! The pending part of the chain as a sequence of places, and the expected value of every key at each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::model::{Model, Need, Reading};
use super::order;
use super::state::{Expected, State};
use super::trace::Trace;
use crate::catalog::{Key, Surroundings};
use crate::pg::name::QualifiedName;
use crate::statement::change::{Act, Change, Data, Effect, Opaque, Unjudged};

/// The write of a unit to one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub(super) key: Arc<Key>,
    pub before: Expected,
    pub after: Expected,
    pub naming: Naming,
}

/// The origin of the name in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    Given,
    /// The server chose the name.
    Chosen,
    /// The server chose the name, perhaps another one: unread code may have taken this one.
    Guessed,
}

impl Write {
    pub fn key(&self) -> &Key {
        &self.key
    }

    pub fn is_change(&self) -> bool {
        self.before != self.after
    }

    /// True if an object is created where none was.
    pub fn makes(&self) -> bool {
        self.before == Expected::Absent && self.after.is_present()
    }

    /// True if an object is removed.
    pub fn removes(&self) -> bool {
        self.is_change() && self.after == Expected::Absent
    }

    /// True if the catalog can show that the write happened. An indeterminate side effect (a view over the table) proves nothing
    /// unless this step created it.
    pub fn is_evident(&self) -> bool {
        self.makes() || self.is_change() && (self.after.is_stated() || self.after == Expected::Exists)
    }
}

/// One step between two places: a change, or a statement that is not a list of changes. Unit `n` leads from place `n` to place `n
/// + 1`.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    /// Index among the pending revisions.
    pub revision: usize,
    /// Index of the statement in its script, and of the change in the statement.
    pub statement: usize,
    pub part: usize,
    pub kind: UnitKind<'a>,
    pub writes: Box<[Write]>,
    pub needs: Arc<[Need]>,
    /// IF EXISTS and IF NOT EXISTS: a fresh run does nothing here, because of this key's value.
    pub idle_on: Option<Arc<Key>>,
    /// True if it changes only temporary objects, and leaves no trace.
    pub is_temporary: bool,
    /// True if it is unread code that may have changed anything.
    pub clouds: bool,
    /// Objects that show in the catalog that unread code ran.
    pub traces: Box<[Trace]>,
    /// The search_path at the unit.
    pub path: Arc<[String]>,
}

impl Unit<'_> {
    /// The writes that the catalog can show.
    pub fn evident(&self) -> impl Iterator<Item = &Write> {
        self.writes.iter().filter(|write| write.is_evident())
    }
}

#[derive(Clone, Copy, Debug)]
pub enum UnitKind<'a> {
    Change(&'a Change),
    Data(&'a Data),
    Opaque(&'a Opaque),
    Unjudged(Unjudged),
    Setting,
    Repeatable,
}

/// A value of a key, and the first place at which it has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub from: usize,
    pub value: Expected,
}

/// The pending chain.
pub struct Timeline<'a> {
    pub units: Vec<Unit<'a>>,
    /// Every key that a unit writes, with its values from place 0 on; the first value begins at 0.
    versions: Vec<(Arc<Key>, Box<[Version]>)>,
    /// The first unit after which a key's value is unknown.
    unknown: BTreeMap<Arc<Key>, usize>,
    /// The units that need or write something of a relation, in order.
    on: BTreeMap<QualifiedName, Box<[usize]>>,
    /// The units of unread code, in order.
    unread: Vec<usize>,
    /// The columns at place 0 of each table in which the pending part replaces one, oldest first.
    order: order::Columns,
    /// The state at place 0.
    pub base: State,
    /// The state at the head.
    pub end: State,
}

/// The effects of one script's statements, in order.
pub type Script<'a> = Vec<&'a Effect>;

impl<'a> Timeline<'a> {
    /// Builds the timeline: `applied` leads the state to place 0, in the order of the chain; `pending` becomes the units.
    pub fn build(applied: &[Script<'a>], pending: &[Script<'a>], surroundings: &Surroundings) -> Timeline<'a> {
        let mut model = at_base(applied, surroundings);
        let base = model.state().clone();
        model.begin_pending();
        let parts = |effect: &Effect| if let Effect::Changes(changes) = effect { changes.len() } else { 1 };
        let mut units = Vec::with_capacity(pending.iter().flatten().map(|effect| parts(effect)).sum());
        for (revision, script) in pending.iter().enumerate() {
            for (statement, effect) in script.iter().enumerate() {
                read_statement(&mut model, &mut units, revision, statement, effect);
            }
            model.end_revision();
        }
        let end = model.into_state();
        note_what_is_removed(&mut units, &base);
        let versions = versions(&units, &base);
        let unknown = unknown(&units);
        let on = on(&units);
        let is_unread = |unit: &Unit<'_>| matches!(unit.kind, UnitKind::Opaque(_) | UnitKind::Unjudged(_));
        let unread = (0..units.len()).filter(|&at| is_unread(&units[at])).collect();
        let mut timeline = Timeline { units, versions, unknown, on, unread, order: order::Columns::new(), base, end };
        if timeline.keys().any(|key| matches!(key, Key::Column(..)) && timeline.replacement(key).is_some()) {
            timeline.order = order::of(applied, surroundings);
        }
        timeline
    }

    /// The state after the chosen changes of the pending part, and the state after the others that follow them, each in the
    /// chain's order. Changes are chosen by their unit's index.
    pub fn in_two_turns(
        applied: &[Script<'a>],
        pending: &[Script<'a>],
        surroundings: &Surroundings,
        is_chosen: &[bool],
    ) -> (State, State) {
        let mut model = at_base(applied, surroundings);
        take_turn(&mut model, pending, |unit| is_chosen[unit]);
        let between = model.state().clone();
        take_turn(&mut model, pending, |unit| !is_chosen[unit]);
        (between, model.into_state())
    }

    /// The keys that a unit writes, each with its values from place 0 on.
    pub fn all(&self) -> impl Iterator<Item = (&Key, &[Version])> {
        self.versions.iter().map(|(key, versions)| (&**key, &**versions))
    }

    /// The keys that a unit writes.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.versions.iter().map(|(key, _)| &**key)
    }

    pub fn writes(&self, key: &Key) -> bool {
        self.find(key).is_ok()
    }

    /// The values of a key from place 0 on; empty for a key that no unit writes.
    pub fn versions(&self, key: &Key) -> &[Version] {
        self.find(key).map_or(&[], |at| &self.versions[at].1)
    }

    /// The unit that removes the object of place 0, if another object takes its name later.
    pub fn replacement(&self, key: &Key) -> Option<usize> {
        let (first, later) = self.versions(key).split_first()?;
        let gone = later.iter().position(|version| version.value == Expected::Absent)?;
        let is_replaced = first.value.is_present() && later[gone..].iter().any(|version| version.value.is_present());
        is_replaced.then(|| later[gone].from - 1)
    }

    /// The columns of a table at place 0, in the order of their creation, if one of them is replaced and a script lists them.
    pub fn order_of(&self, table: &QualifiedName) -> Option<&[String]> {
        self.order.get(table).map(Vec::as_slice)
    }

    /// The index of a key, or the one at which it would be inserted.
    fn find(&self, key: &Key) -> Result<usize, usize> {
        self.versions.binary_search_by(|(other, _)| (**other).cmp(key))
    }

    /// The units before a place that change a key, last first.
    pub fn writers_before(&self, key: &Key, place: usize) -> impl Iterator<Item = usize> + '_ {
        let versions = self.versions(key);
        let before = &versions[..versions.partition_point(|version| version.from <= place)];
        before.iter().skip(1).rev().map(|version| version.from - 1)
    }

    /// The units after a place that change a key, in order.
    pub fn writers_after(&self, key: &Key, place: usize) -> impl Iterator<Item = usize> + '_ {
        let versions = self.versions(key);
        versions[versions.partition_point(|version| version.from <= place + 1)..].iter().map(|version| version.from - 1)
    }

    /// The units before a place that change a column of a table, in order.
    pub fn writers_of_columns(&self, table: &QualifiedName, place: usize) -> BTreeSet<usize> {
        let first = Key::Column(table.clone(), String::new());
        let (Ok(first) | Err(first)) = self.find(&first);
        let is_of_table = |(key, _): &&(Arc<Key>, _)| matches!(&**key, Key::Column(name, _) if name == table);
        let of_table = self.versions[first..].iter().take_while(is_of_table);
        let changes = of_table.flat_map(|(_, versions)| versions.iter().skip(1).map(|version| version.from - 1));
        changes.filter(|&at| at < place).collect()
    }

    /// The expected value of a key at a place; none if no file creates it.
    pub fn at(&self, key: &Key, place: usize) -> Option<&Expected> {
        match self.versions(key) {
            [] => self.base.get(key),
            versions => {
                let before = &versions[..versions.partition_point(|version| version.from <= place)];
                before.last().map(|version| &version.value)
            }
        }
    }

    /// The units that need or write something of a relation, in order.
    pub fn units_on(&self, relation: &QualifiedName) -> &[usize] {
        self.on.get(relation).map_or(&[], |units| units)
    }

    /// The first unit after another that may use a relation: unread code may use any.
    pub fn next_on(&self, relation: &QualifiedName, at: usize) -> Option<usize> {
        let next = |units: &[usize]| units.get(units.partition_point(|&unit| unit <= at)).copied();
        next(self.units_on(relation)).into_iter().chain(next(&self.unread)).min()
    }

    /// True if a unit before a place may have created a key, or left it unchanged.
    pub fn is_unknown_before(&self, key: &Key, place: usize) -> bool {
        self.unknown.get(key).is_some_and(|&first| first < place)
    }
}

fn at_base<'s>(applied: &[Script<'_>], surroundings: &'s Surroundings) -> Model<'s> {
    let mut model = Model::new(surroundings);
    for script in applied {
        take_turn(&mut model, std::slice::from_ref(script), |_| true);
    }
    model
}

/// Applies the chosen units; settings and unread code are applied in both turns.
fn take_turn(model: &mut Model<'_>, scripts: &[Script<'_>], is_chosen: impl Fn(usize) -> bool) {
    let mut unit = 0;
    for script in scripts {
        for effect in script {
            match effect {
                Effect::Changes(changes) => {
                    let chosen = changes.iter().enumerate().filter(|(part, _)| is_chosen(unit + part));
                    chosen.for_each(|(_, change)| drop(model.change(change)));
                    unit += changes.len();
                }
                effect => {
                    model.effect(effect);
                    unit += 1;
                }
            }
        }
        model.end_revision();
    }
}

fn read_statement<'a>(
    model: &mut Model<'_>,
    units: &mut Vec<Unit<'a>>,
    revision: usize,
    statement: usize,
    effect: &'a Effect,
) {
    let mut push = |model: &Model<'_>, part: usize, kind: UnitKind<'a>, traces: Vec<Trace>, reading: Reading| {
        let Reading { writes, needs: own, idle_on, is_temporary, clouds } = reading;
        // Many consecutive units have the same needs.
        let last = units.last();
        let needs = last.map(|last| &last.needs).filter(|last| ***last == *own).cloned();
        let needs = needs.unwrap_or_else(|| own.into());
        let path = last.map(|last| &last.path).filter(|last| ***last == *model.path()).cloned();
        let path = path.unwrap_or_else(|| model.path().into());
        let (writes, traces) = (writes.into(), traces.into());
        units.push(Unit {
            revision,
            statement,
            part,
            kind,
            writes,
            needs,
            idle_on,
            is_temporary,
            clouds,
            traces,
            path,
        });
    };
    match effect {
        Effect::Changes(changes) => {
            for (part, change) in changes.iter().enumerate() {
                let reading = model.change(change);
                push(model, part, UnitKind::Change(change), Vec::new(), reading);
            }
        }
        other => {
            let traces = if let Effect::Opaque(opaque) = other { model.traces(opaque) } else { Vec::new() };
            let reading = model.effect(other);
            let kind = match other {
                Effect::Data(data) => UnitKind::Data(data),
                Effect::Opaque(opaque) => UnitKind::Opaque(opaque),
                Effect::Unjudged(what) => UnitKind::Unjudged(*what),
                Effect::Setting(_) => UnitKind::Setting,
                Effect::Repeatable | Effect::Changes(_) => UnitKind::Repeatable,
            };
            push(model, 0, kind, traces, reading);
        }
    }
}

/// An object that the chain or its unread code created, and that a statement removes without IF EXISTS, exists before that
/// statement. After unread code, it may exist only since then.
fn note_what_is_removed(units: &mut [Unit<'_>], base: &State) {
    let is_unread = |unit: &Unit<'_>| unit.clouds || matches!(unit.kind, UnitKind::Opaque(_) | UnitKind::Unjudged(_));
    for unit in units.iter_mut().take_while(|unit| !is_unread(unit)) {
        let needs = Arc::clone(&unit.needs);
        let is_removed = |write: &Write| {
            write.after == Expected::Absent
                && write.before == Expected::Unknown
                && match base.get(&write.key) {
                    Some(value) => *value == Expected::Unknown,
                    None => base.is_clouded(&write.key),
                }
                && needs.iter().any(|need| need.0 == *write.key)
        };
        let Some(removed) = unit.writes.iter().position(is_removed) else { continue };
        unit.writes[removed].before = Expected::Exists;
        let kind = std::mem::discriminant(&*unit.writes[removed].key);
        // The object exists under its new name.
        let is_arrival = |write: &&mut Write| {
            std::mem::discriminant(&*write.key) == kind
                && !write.before.is_present()
                && write.after == Expected::Unknown
        };
        if let UnitKind::Change(Change { act: Act::Rename { .. } | Act::SetSchema { .. }, .. }) = unit.kind {
            unit.writes.iter_mut().filter(is_arrival).for_each(|write| write.after = Expected::Exists);
        }
    }
}

fn unknown(units: &[Unit<'_>]) -> BTreeMap<Arc<Key>, usize> {
    let mut first = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        for write in unit.writes.iter().filter(|write| write.after == Expected::Unknown) {
            first.entry(Arc::clone(&write.key)).or_insert(at);
        }
    }
    first
}

fn on(units: &[Unit<'_>]) -> BTreeMap<QualifiedName, Box<[usize]>> {
    let mut on: BTreeMap<&QualifiedName, Vec<usize>> = BTreeMap::new();
    for (at, unit) in units.iter().enumerate() {
        let needs = unit.needs.iter().map(|need| &need.0);
        for relation in needs.chain(unit.writes.iter().map(Write::key)).filter_map(Key::relation) {
            match on.get_mut(relation) {
                Some(units) if units.last() == Some(&at) => {}
                Some(units) => units.push(at),
                None => drop(on.insert(relation, vec![at])),
            }
        }
    }
    on.into_iter().map(|(relation, units)| (relation.clone(), units.into())).collect()
}

fn versions<'u>(units: &'u [Unit<'_>], base: &State) -> Vec<(Arc<Key>, Box<[Version]>)> {
    let cloud = units.iter().position(|unit| unit.clouds);
    // The value that is stated before unread code, but not after it.
    let first = |key: &Key, before: &Expected, at: usize| match (base.get(key), cloud) {
        (Some(stated), Some(cloud)) if cloud < at && stated != before => (stated.clone(), Some(cloud)),
        _ => (before.clone(), None),
    };
    let writes = |(at, unit): (usize, &'u Unit<'_>)| unit.writes.iter().map(move |write| (at, write));
    let mut all: Vec<(usize, &Write)> = units.iter().enumerate().flat_map(writes).collect();
    // The sort is stable: the values of a key stay in the order of the chain.
    all.sort_by(|(_, one), (_, other)| one.key.cmp(&other.key));
    let of_key = |writes: &[(usize, &Write)]| {
        let (at, write) = writes[0];
        let (value, cloud) = first(&write.key, &write.before, at);
        let mut versions = Vec::with_capacity(1 + writes.len());
        // Unread code may have created it under a name that another object took along.
        let was_unread = value == Expected::Absent
            && base.get(&write.key).is_none()
            && base.is_clouded(&write.key)
            && is_taken_along(&write.key, &units[..at]);
        if was_unread {
            versions.push(Version { from: 0, value: Expected::Unknown });
        }
        versions.push(Version { from: if was_unread { at } else { 0 }, value });
        versions.extend(cloud.map(|cloud| Version { from: cloud + 1, value: Expected::Unknown }));
        for (at, write) in writes {
            if versions.last().is_none_or(|last| last.value != write.after) {
                versions.push(Version { from: at + 1, value: write.after.clone() });
            }
        }
        (Arc::clone(&write.key), versions.into())
    };
    let mut versions: Vec<_> = all.chunk_by(|(_, one), (_, other)| one.key == other.key).map(of_key).collect();
    versions.shrink_to_fit();
    versions
}

/// True if one of the units removes the relation of a key.
fn is_taken_along(key: &Key, units: &[Unit<'_>]) -> bool {
    let takes =
        |write: &Write| write.removes() && matches!(write.key(), Key::Relation(name) if key.relation() == Some(name));
    !matches!(key, Key::Relation(_)) && units.iter().any(|unit| unit.writes.iter().any(takes))
}
