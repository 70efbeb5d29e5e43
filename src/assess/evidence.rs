//! The proof of the chain's expectations by the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::place::{Stretch, joined};
use super::trust::{Danger, Trust};
use crate::catalog::{
    self, Catalog, Comparison, Definition, Difference, Found, FoundConstraint, How, Key, Proof, Question, Stray,
    TableProperty,
};
use crate::expect::{Expected, Naming, Timeline, Version};

/// The result of comparing an expectation with the catalog.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    Yes,
    /// Equal as far as possible without building the definition.
    Likely,
    /// An object exists, and only a migration can compare it.
    Uncompared,
    /// The model cannot state it.
    Any,
    No(Mismatch),
}

impl Fit {
    pub fn fits(&self) -> bool {
        !matches!(self, Self::No(_))
    }

    /// True if the result is evidence.
    pub fn is_proof(&self) -> bool {
        matches!(self, Self::Yes | Self::Likely | Self::Uncompared)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Mismatch {
    Missing,
    /// It exists, but is expected to be absent.
    Unwanted,
    Different(Difference),
    /// They could not be compared.
    Unproved(String),
}

impl Mismatch {
    pub fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unwanted => "unwanted",
            Self::Different(_) => "different",
            Self::Unproved(_) => "unproved",
        }
    }
}

/// The catalog, the proofs so far, and the actual names of objects that a script does not name.
pub struct Evidence {
    pub catalog: Catalog,
    pub trust: Trust,
    proofs: BTreeMap<(Key, usize), Proof>,
    /// The key of the equal object, for a definition without a name.
    aliases: BTreeMap<(Key, usize), Key>,
}

/// A comparison that only the server can make.
#[derive(Clone, Debug)]
pub struct Open {
    pub key: Key,
    pub definition: Arc<Definition>,
    pub found: Key,
    /// The found constraint as if it were valid, for one that is NOT VALID.
    pub as_valid: Option<Found>,
}

fn id(definition: &Arc<Definition>) -> usize {
    Arc::as_ptr(definition) as usize
}

impl Evidence {
    pub fn new(catalog: Catalog, trust: Trust) -> Self {
        Self { catalog, trust, proofs: BTreeMap::new(), aliases: BTreeMap::new() }
    }

    /// The actual key of a definition without a name, if it differs from the key of a fresh run.
    pub fn other_name(&self, key: &Key, definition: &Arc<Definition>) -> Option<&Key> {
        self.aliases.get(&(key.clone(), id(definition)))
    }

    pub fn found(&self, key: &Key) -> Option<&Found> {
        self.catalog.get(key)
    }

    pub fn alias(&mut self, key: Key, definition: &Arc<Definition>, found: Key) {
        self.aliases.insert((key, id(definition)), found);
    }

    pub fn is_alias(&self, found: &Key) -> bool {
        self.aliases.values().any(|alias| alias == found)
    }

    fn has_alias(&self, key: &Key) -> bool {
        self.aliases.range((key.clone(), 0)..=(key.clone(), usize::MAX)).next().is_some()
    }

    pub fn prove(&mut self, open: &Open, proof: Proof) {
        self.proofs.insert((open.found.clone(), id(&open.definition)), proof);
    }

    /// Compares an expectation; a comparison that is still open counts as fitting.
    pub fn fit(&self, key: &Key, expected: &Expected) -> Fit {
        match expected {
            Expected::Unknown => Fit::Any,
            Expected::Absent => match self.found(key) {
                // It exists under another name, so it does not count as absent.
                None if self.has_alias(key) => Fit::No(Mismatch::Unwanted),
                None => Fit::Yes,
                Some(found) if says_nothing(key, found) => Fit::Yes,
                Some(_) => Fit::No(Mismatch::Unwanted),
            },
            Expected::Present(definition) => self.fit_present(key, definition),
            Expected::Blurred(_) | Expected::Exists if self.found(key).is_none_or(|found| says_nothing(key, found)) => {
                Fit::No(Mismatch::Missing)
            }
            Expected::Blurred(_) | Expected::Exists => Fit::Any,
        }
    }

    /// The key under which the catalog has a definition.
    fn found_key<'k>(&'k self, key: &'k Key, definition: &Arc<Definition>) -> &'k Key {
        match self.other_name(key, definition) {
            Some(other) if self.catalog.get(key).is_none() => other,
            _ => key,
        }
    }

    fn fit_present(&self, key: &Key, definition: &Arc<Definition>) -> Fit {
        let found_key = self.found_key(key, definition);
        let found = self.catalog.get(found_key);
        // A table without wide columns has no TOAST table on which it could be set.
        if is_of_toast(key) && found.is_none_or(|found| says_nothing(key, found)) {
            return Fit::Any;
        }
        let Some(found) = found else {
            return match key {
                // The object itself is reported as missing.
                Key::Comment(of) | Key::Owner(of) | Key::Grant(of, ..) if self.catalog.get(of).is_none() => Fit::Any,
                Key::TableProperty(table, _) if self.catalog.get(&Key::Relation(table.clone())).is_none() => Fit::Any,
                _ if is_default(definition) => Fit::Yes,
                _ => Fit::No(Mismatch::Missing),
            };
        };
        if let Some(difference) = invalid(found).or_else(|| not_validated(definition, found)) {
            return Fit::No(Mismatch::Different(difference));
        }
        match catalog::compare(definition, found) {
            Comparison::Equal => Fit::Yes,
            Comparison::Differs(difference) => Fit::No(Mismatch::Different(difference)),
            Comparison::Prove => match self.proofs.get(&(found_key.clone(), id(definition))) {
                None | Some(Proof::Unclear) => Fit::Any,
                Some(Proof::Equal) => Fit::Yes,
                Some(Proof::Likely) => Fit::Likely,
                Some(Proof::Uncompared) => Fit::Uncompared,
                Some(Proof::Differs(difference, _)) => Fit::No(Mismatch::Different(difference.clone())),
                Some(Proof::Cannot(reason)) => Fit::No(Mismatch::Unproved(reason.clone())),
                Some(Proof::Withheld(stray)) => {
                    Fit::No(Mismatch::Unproved(format!("to compare it would run {stray}, a role that is not trusted")))
                }
            },
        }
    }

    /// The object that the server made of a definition that differs from the object under its key, if it built one.
    pub fn built(&self, key: &Key, expected: &Expected) -> Option<&Found> {
        let Expected::Present(definition) = expected else { return None };
        let found_key = self.found_key(key, definition);
        match self.proofs.get(&(found_key.clone(), id(definition)))? {
            Proof::Differs(_, built) => built.as_deref(),
            _ => None,
        }
    }

    /// The question for the server that has to precede the comparison with the catalog.
    pub fn open(&self, key: &Key, expected: &Expected) -> Option<Open> {
        let Expected::Present(definition) = expected else { return None };
        self.open_as(key, definition, key)
    }

    /// The same for an object under another name.
    pub fn open_as(&self, key: &Key, definition: &Arc<Definition>, found_key: &Key) -> Option<Open> {
        let found = self.catalog.get(found_key)?;
        if self.proofs.contains_key(&(found_key.clone(), id(definition))) {
            return None;
        }
        let as_valid = as_valid(definition, found);
        let is_open = catalog::compare(definition, as_valid.as_ref().unwrap_or(found)) == Comparison::Prove;
        is_open.then(|| Open {
            key: key.clone(),
            definition: Arc::clone(definition),
            found: found_key.clone(),
            as_valid,
        })
    }

    /// The comparisons in the form of questions for the server.
    pub fn questions<'a>(&'a self, open: &'a [Open]) -> Vec<Question<'a>> {
        let question = |one: &'a Open| {
            let found = one.as_valid.as_ref().or_else(|| self.catalog.get(&one.found))?;
            let (wanted, found) = as_check(&one.definition, found).unwrap_or((&one.definition, found));
            Some(Question { key: &one.key, wanted, found_key: &one.found, found })
        };
        open.iter().filter_map(question).collect()
    }

    /// Settles the comparisons that need no server, and those that must not be asked. Returns the others: the first list is for
    /// the server, the second needs to know first what its words mean.
    pub fn settle(&mut self, open: Vec<Open>, how: How) -> (Vec<Open>, Vec<(Open, Stray)>) {
        let (mut rest, mut doubtful) = (Vec::new(), Vec::new());
        for one in open {
            let told = self.questions(std::slice::from_ref(&one)).first().map(|question| {
                if catalog::is_told(question, &self.trust.surroundings) {
                    return Err(Proof::Equal);
                }
                match self.trust.stray(&self.catalog, question, how) {
                    Danger::Certain(stray) => Err(withheld(question, stray, &self.trust)),
                    danger => Ok(danger),
                }
            });
            match told {
                Some(Err(proof)) => self.prove(&one, proof),
                Some(Ok(Danger::ByItsWords(stray))) => doubtful.push((one, stray)),
                Some(Ok(Danger::None | Danger::Certain(_))) | None => rest.push(one),
            }
        }
        (rest, doubtful)
    }

    /// Records that a comparison is not made.
    pub fn withhold(&mut self, one: &Open, stray: Stray) {
        let proof =
            self.questions(std::slice::from_ref(one)).first().map(|question| withheld(question, stray, &self.trust));
        if let Some(proof) = proof {
            self.prove(one, proof);
        }
    }

    /// Compares a constraint that is NOT VALID with a valid one, apart from its unchecked rows; none if it does not fit.
    pub fn fit_but_not_valid(&self, key: &Key, expected: &Expected) -> Option<Fit> {
        let Expected::Present(definition) = expected else { return None };
        let valid = self.catalog.get(key).and_then(|found| as_valid(definition, found))?;
        match catalog::compare(definition, &valid) {
            Comparison::Equal => Some(Fit::Yes),
            Comparison::Differs(_) => None,
            Comparison::Prove => match self.proofs.get(&(key.clone(), id(definition)))? {
                Proof::Equal => Some(Fit::Yes),
                Proof::Likely => Some(Fit::Likely),
                Proof::Uncompared => Some(Fit::Uncompared),
                Proof::Unclear | Proof::Differs(..) | Proof::Cannot(_) | Proof::Withheld(_) => None,
            },
        }
    }

    /// True if the definition equals the object under another key.
    pub fn is_equal_to(&self, definition: &Arc<Definition>, found_key: &Key) -> bool {
        let Some(found) = self.catalog.get(found_key) else { return false };
        match catalog::compare(definition, found) {
            Comparison::Equal => true,
            Comparison::Differs(_) => false,
            Comparison::Prove => {
                matches!(self.proofs.get(&(found_key.clone(), id(definition))), Some(Proof::Equal | Proof::Likely))
            }
        }
    }

    /// The places at which a key's expectation fits.
    pub fn places(&self, key: &Key, versions: &[Version], last: usize) -> Vec<Stretch> {
        let ends = versions.iter().skip(1).map(|next| next.from - 1).chain([last]);
        joined(
            versions
                .iter()
                .zip(ends)
                .filter(|(version, _)| self.fit(key, &version.value).fits())
                .map(|(version, end)| (version.from, end)),
        )
    }
}

/// The answer to a question that must not be asked. If only EXPLAIN would run an untrusted object, a migration compares the
/// object later: the two may be equal although the script's words might mean an object of such a role.
fn withheld(question: &Question<'_>, stray: Stray, trust: &Trust) -> Proof {
    if !question.runs_in_plan_alone() {
        return Proof::Withheld(stray);
    }
    let is_own = question.key == question.found_key;
    if is_own && trust.stray_in(&question.script(), question.wanted.path()).is_some() {
        Proof::Uncompared
    } else {
        Proof::Cannot(format!("EXPLAIN would run {stray}"))
    }
}

fn is_of_toast(key: &Key) -> bool {
    matches!(key, Key::TableProperty(_, TableProperty::Option(name)) if name.starts_with("toast."))
}

/// True for a property with its default value: its absence means the same.
fn is_default(definition: &Definition) -> bool {
    matches!(
        definition,
        Definition::Word(None) | Definition::Flag(false) | Definition::Default(None) | Definition::NotNull(false)
    )
}

fn says_nothing(key: &Key, found: &Found) -> bool {
    match (key, found) {
        (Key::TableProperty(_, TableProperty::ReplicaIdentity), Found::Word(Some(letter))) => letter == "d",
        (_, found) => {
            matches!(found, Found::Word(None) | Found::Flag(false) | Found::Default(None) | Found::NotNull(false))
        }
    }
}

/// The filter of a published table in the form of a check of the table, for comparison.
fn as_check<'a>(definition: &'a Definition, found: &'a Found) -> Option<(&'a Definition, &'a Found)> {
    match (definition, found) {
        (Definition::Published(wanted), Found::Published(found)) => {
            Some((wanted.filter.as_deref()?, found.filter.as_deref()?))
        }
        _ => None,
    }
}

/// The difference of a domain with a constraint that is not validated, if a script does not say NOT VALID.
fn not_validated(definition: &Definition, found: &Found) -> Option<Difference> {
    let (Definition::Domain { not_valid, .. }, Found::Domain(domain)) = (definition, found) else { return None };
    let constraint = domain.constraints.iter().find(|one| !one.valid && !not_valid.contains(&one.name))?;
    Some(Difference { wanted: "a valid constraint".to_owned(), found: constraint.definition.clone() })
}

/// A constraint that is NOT VALID as if it were valid, if a valid one is wanted.
fn as_valid(definition: &Definition, found: &Found) -> Option<Found> {
    match (definition, found) {
        (Definition::Constraint(wanted), Found::Constraint(found)) if wanted.valid && !found.valid => {
            let text = found.definition.trim_end();
            let definition = text.strip_suffix("NOT VALID").unwrap_or(text).trim_end().to_owned();
            Some(Found::Constraint(FoundConstraint { valid: true, definition, ..found.clone() }))
        }
        _ => None,
    }
}

/// The difference of an INVALID index, which does not count as existing. An index on a partitioned table is INVALID until all
/// partitions have theirs.
fn invalid(found: &Found) -> Option<Difference> {
    match found {
        Found::Index(index) if !index.valid && !index.partitioned => Some(Difference {
            wanted: "a valid index".to_owned(),
            found: "an INVALID one, left by a build that did not end".to_owned(),
        }),
        _ => None,
    }
}

/// Objects without a name in the script, with objects of their kind that the chain does not know: (key, definition, candidates).
pub fn unnamed<'a>(timeline: &'a Timeline<'_>, evidence: &Evidence) -> Vec<(&'a Key, &'a Arc<Definition>, Vec<Key>)> {
    let known: BTreeSet<&Key> = timeline
        .keys()
        .chain(timeline.base.iter().filter(|(_, value)| value.is_present()).map(|(key, _)| key))
        .collect();
    let mut all = Vec::new();
    for write in timeline.units.iter().flat_map(|unit| &unit.writes).filter(|write| write.naming != Naming::Given) {
        let Expected::Present(definition) = &write.after else { continue };
        let table = match (&**definition, write.key()) {
            (Definition::Index(index), _) => &index.table,
            (Definition::Constraint(_), Key::Constraint(table, _)) => table,
            _ => continue,
        };
        let candidates = evidence
            .catalog
            .on(table)
            // An object that an applied statement may have created was not created in advance by hand.
            .filter(|(key, found)| {
                !known.contains(key) && !timeline.base.is_clouded(key) && is_alike(definition, found)
            })
            .map(|(key, _)| key.clone())
            .collect::<Vec<_>>();
        if !candidates.is_empty() {
            all.push((write.key(), definition, candidates));
        }
    }
    all
}

fn is_alike(definition: &Definition, found: &Found) -> bool {
    match (definition, found) {
        (Definition::Index(_), Found::Index(index)) => index.constraint.is_none() && invalid(found).is_none(),
        (Definition::Constraint(_), Found::Constraint(_)) => true,
        _ => false,
    }
}
