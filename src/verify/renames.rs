//! A missing object and an unexpected one with the same definition are one difference, together with all facts that merely
//! contain the other name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::apart::{Apart, Renamed};
use crate::object::{Fact, compare};

/// The objects with another name in the database.
#[derive(Default)]
pub(super) struct Renames(Vec<Renamed>);

impl Renames {
    pub fn pairs(&self) -> impl Iterator<Item = &Renamed> {
        self.0.iter()
    }

    pub fn into_pairs(self) -> Vec<Renamed> {
        self.0
    }

    /// Removes differences that are equal apart from the names.
    pub fn settle(&mut self, apart: &mut Apart, one_writer: bool) {
        if self.0.is_empty() {
            return;
        }
        let mut settled = Vec::new();
        apart.differing.retain(|(wanted, found, _)| {
            let is_equal = compare(wanted, &named(&self.0, found), one_writer).is_empty();
            settled.extend(is_equal.then(|| found.clone()));
            !is_equal
        });
        // The parts of a table with another name.
        let unexpected = std::mem::take(&mut apart.unexpected);
        for found in unexpected {
            let renamed = named(&self.0, &found);
            let at = apart.missing.iter().position(|wanted| wanted.identity() == renamed.identity());
            match at.map(|at| apart.missing.swap_remove(at)) {
                None => apart.unexpected.push(found),
                Some(wanted) => match compare(&wanted, &renamed, one_writer) {
                    differences if differences.is_empty() => settled.push(found),
                    differences => apart.differing.push((wanted, found, differences)),
                },
            }
        }
        apart.missing.sort_by_key(Fact::identity);
        for pair in &mut self.0 {
            let alone = [pair.clone()];
            pair.witnesses = settled.iter().filter(|fact| says(&alone, fact)).cloned().collect();
        }
    }
}

/// A fact of the database with the snapshot's names.
fn named(pairs: &[Renamed], fact: &Fact) -> Fact {
    Fact {
        name: written(pairs, fact, &fact.name),
        properties: fact.properties.iter().map(|(name, value)| (*name, replaced(pairs, fact, value))).collect(),
        ..fact.clone()
    }
}

fn says(pairs: &[Renamed], fact: &Fact) -> bool {
    let named = named(pairs, fact);
    (&named.name, &named.properties) != (&fact.name, &fact.properties)
}

fn replaced(pairs: &[Renamed], fact: &Fact, value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(written(pairs, fact, text)),
        Value::Array(items) => Value::Array(items.iter().map(|item| replaced(pairs, fact, item)).collect()),
        other => other.clone(),
    }
}

/// A text of a fact with the snapshot's names. A part of a table is referred to by its name on that table and in views.
fn written(pairs: &[Renamed], fact: &Fact, text: &str) -> String {
    pairs.iter().fold(text.to_owned(), |text, Renamed { wanted, found, .. }| {
        let text = word_replaced(&text, &found.name, &wanted.name);
        let (own, of) = (found.own_name(), wanted.own_name());
        let is_seen = own != found.name && (fact.holder() == found.holder() || fact.kind.word == "view");
        if is_seen { word_replaced(&text, own, of) } else { text }
    })
}

/// Replaces a name that is a whole word.
fn word_replaced(text: &str, name: &str, by: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name).filter(|_| !name.is_empty()) {
        let (before, from) = rest.split_at(at);
        let after = &from[name.len()..];
        let is_whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        replaced += before;
        replaced += if is_whole { by } else { name };
        rest = after;
    }
    replaced + rest
}

/// Pairs missing with unexpected objects whose definition is unique on both sides.
pub(super) fn find(apart: &mut Apart) -> Renames {
    let mut pairs = Vec::new();
    for (wanted, found) in followed(apart) {
        take(apart, &mut pairs, wanted, found);
    }
    for kind in
        ["table", "view", "sequence", "type", "column", "constraint", "index", "trigger", "policy", "statistics"]
    {
        for (wanted, found) in of_kind(apart, kind) {
            take(apart, &mut pairs, wanted, found);
        }
    }
    Renames(pairs)
}

fn take(apart: &mut Apart, pairs: &mut Vec<Renamed>, wanted: Fact, found: Fact) {
    apart.missing.retain(|fact| fact.identity() != wanted.identity());
    apart.unexpected.retain(|fact| fact.identity() != found.identity());
    pairs.push(Renamed { wanted, found, witnesses: Vec::new() });
}

/// Missing tables, each paired with the one to which all its foreign keys and indexes refer now: the server updated these
/// references on a rename, whatever else was changed.
fn followed(apart: &Apart) -> Vec<(Fact, Fact)> {
    let table =
        |facts: &[Fact], name: &str| facts.iter().find(|it| it.kind.word == "table" && it.name == name).cloned();
    let mut to: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (wanted, found, _) in &apart.differing {
        for property in ["references", "on"] {
            if let (Some(name), Some(now)) = (wanted.text(property), found.text(property)) {
                to.entry(name).or_default().insert(now);
            }
        }
    }
    let pair = |(name, now): (&str, &BTreeSet<&str>)| {
        let mut now = now.iter();
        let (Some(now), None) = (now.next(), now.next()) else { return None };
        Some((table(&apart.missing, name)?, table(&apart.unexpected, now)?))
    };
    let mut pairs: Vec<(Fact, Fact)> = to.iter().filter_map(|(name, now)| pair((name, now))).collect();
    let names: Vec<String> = pairs.iter().map(|(_, found)| found.name.clone()).collect();
    pairs.retain(|(_, found)| names.iter().filter(|name| **name == found.name).count() == 1);
    pairs
}

fn of_kind(apart: &Apart, kind: &str) -> Vec<(Fact, Fact)> {
    let mut groups: HashMap<String, (Vec<&Fact>, Vec<&Fact>)> = HashMap::new();
    for fact in apart.missing.iter().filter(|fact| fact.kind.word == kind) {
        groups.entry(definition(fact, &apart.missing)).or_default().0.push(fact);
    }
    for fact in apart.unexpected.iter().filter(|fact| fact.kind.word == kind) {
        groups.entry(definition(fact, &apart.unexpected)).or_default().1.push(fact);
    }
    let mut pairs: Vec<(Fact, Fact)> = groups
        .into_values()
        .filter_map(|(wanted, found)| match (wanted.as_slice(), found.as_slice()) {
            // An object without properties cannot be distinguished from others.
            ([wanted], [found]) if kind == "table" || !wanted.properties.is_empty() => {
                Some(((*wanted).clone(), (*found).clone()))
            }
            _ => None,
        })
        .collect();
    pairs.sort_by_key(|(wanted, _)| wanted.identity());
    pairs
}

/// Everything except the name; for a table with its columns.
fn definition(fact: &Fact, beside: &[Fact]) -> String {
    let place = if fact.holder() == fact.name { String::new() } else { fact.holder().to_owned() };
    let mut text = format!("{place} {:?}", fact.properties);
    // The text of a trigger or index contains its own name.
    if matches!(fact.kind.word, "trigger") {
        text = word_replaced(&text, fact.own_name(), "own");
    }
    if fact.kind.word == "table" {
        let columns = beside.iter().filter(|it| it.kind.word == "column" && it.holder() == fact.name);
        let mut columns: Vec<String> = columns.map(|it| format!("{} {:?}", it.own_name(), it.properties)).collect();
        if columns.is_empty() {
            // Nothing distinguishes it from others.
            return fact.identity();
        }
        columns.sort();
        text += &columns.join("\n");
    }
    text
}
