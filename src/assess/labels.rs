//! The labels of an enum that were added or renamed out of order by hand, label by label.

use super::judge::Judge;
use super::reason::Reason;
use super::ruling::Ruling;
use super::verdict::Decision;
use crate::catalog::{Definition, Found, Key};
use crate::expect::{Unit, UnitKind};
use crate::pg::name::{QualifiedName, quote_literal};
use crate::statement::change::{Act, Neighbour};

/// CREATE TYPE for an existing enum that lacks labels: each is added beside its neighbour of the expected order.
pub fn missing(judge: &Judge<'_>, unit: &Unit<'_>) -> Option<Ruling> {
    let (name, wanted, found) = enums(judge, unit)?;
    let mut remaining = wanted.iter();
    if !found.iter().all(|label| remaining.any(|other| other == label)) {
        return None;
    }
    let missing = wanted.iter().enumerate().filter(|(_, label)| !found.contains(label));
    let sql = missing.map(|(at, label)| match at.checked_sub(1).map(|before| &wanted[before]) {
        Some(before) => add(name, label, &format!(" AFTER {}", quote_literal(before))),
        None => {
            let first = wanted.iter().find(|label| found.contains(label));
            add(name, label, &first.map_or_else(String::new, |first| format!(" BEFORE {}", quote_literal(first))))
        }
    });
    Some(Ruling::converge(Reason::LabelsMissing, sql))
}

/// ADD VALUE and RENAME VALUE for an enum that the chain does not state, and whose label is in place already: the server would
/// refuse the statement.
pub fn in_place(judge: &Judge<'_>, unit: &Unit<'_>, act: &Act) -> Option<Ruling> {
    let mut found = unit.writes.iter().filter_map(|write| judge.evidence.found(write.key()));
    let labels = found.find_map(|found| match found {
        Found::Enum { labels } => Some(labels),
        _ => None,
    })?;
    let place = |label: &str| labels.iter().position(|other| other == label);
    let is_in_place = match act {
        Act::AddLabel { label, neighbour, .. } => {
            let at = place(label)?;
            let rest: Vec<&String> = labels.iter().filter(|other| *other != label).collect();
            Neighbour::place(neighbour.as_ref(), &rest) == Some(at)
        }
        Act::RenameLabel { from, to, .. } => place(from).is_none() && place(to).is_some(),
        _ => false,
    };
    is_in_place.then(|| Ruling::new(Decision::Satisfied, Reason::LabelPresent))
}

/// ADD VALUE and RENAME VALUE for a type with some pending changes in force and earlier ones not.
pub fn changed(judge: &Judge<'_>, at: usize, unit: &Unit<'_>) -> Option<Ruling> {
    let (name, wanted, found) = enums(judge, unit)?;
    let key = Key::Type(name.clone());
    let base = match judge.timeline.at(&key, 0)?.definition()? {
        Definition::Enum { labels } => labels,
        _ => return None,
    };
    let steps = steps(judge, &key)?;
    let made = in_force(base, &steps.iter().map(|(_, step)| *step).collect::<Vec<_>>(), found)?;
    let own = steps.iter().position(|(unit, _)| *unit == at)?;
    if made[own] {
        return Some(Ruling::new(Decision::Satisfied, Reason::LabelPresent));
    }
    let (is_last, later) = (!made[own..].contains(&true), steps.iter().zip(&made).skip(own + 1));
    match steps[own].1 {
        Step::Add { label, .. } if !is_last => {
            let before = &wanted[wanted.iter().position(|other| other == label)?.checked_sub(1)?];
            // A later step may have renamed its neighbour already.
            let now = later.filter(|(_, made)| **made).fold(before.as_str(), |now, ((_, step), _)| match step {
                Step::Rename { from, to } if *from == now => to,
                _ => now,
            });
            let sql = add(name, label, &format!(" AFTER {}", quote_literal(now)));
            Some(Ruling::converge(Reason::LaterLabels, vec![sql]))
        }
        Step::Add { .. } | Step::Rename { .. } => Some(Ruling::plain(Decision::Apply)),
    }
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Add { label: &'a str, neighbour: Option<&'a Neighbour> },
    Rename { from: &'a str, to: &'a str },
}

/// The pending units that change the labels of a type; none if one of them changes the type in another way.
fn steps<'a>(judge: &Judge<'a>, key: &Key) -> Option<Vec<(usize, Step<'a>)>> {
    let mut units: Vec<usize> = judge.timeline.writers_before(key, judge.timeline.units.len()).collect();
    units.reverse();
    units
        .into_iter()
        .map(|at| match judge.timeline.units[at].kind {
            UnitKind::Change(change) => match &change.act {
                Act::AddLabel { label, neighbour, .. } => {
                    Some((at, Step::Add { label, neighbour: neighbour.as_ref() }))
                }
                Act::RenameLabel { from, to, .. } => Some((at, Step::Rename { from, to })),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// The steps that, executed alone and in order, lead to the existing labels; none if no selection does.
fn in_force(base: &[String], steps: &[Step<'_>], found: &[String]) -> Option<Vec<bool>> {
    let is_there = |label: &str| found.iter().any(|other| other == label);
    let mut made = vec![false; steps.len()];
    // From the last step backwards: an added label may have been renamed later.
    for at in (0..steps.len()).rev() {
        made[at] = match steps[at] {
            Step::Rename { from, to } => is_there(to) && !is_there(from),
            Step::Add { label, .. } => {
                let is_renamed =
                    |later: usize| matches!(steps[later], Step::Rename { from, .. } if from == label) && made[later];
                is_there(label) || (at + 1..steps.len()).any(is_renamed)
            }
        };
    }
    let mut labels: Vec<&str> = base.iter().map(String::as_str).collect();
    for (step, _) in steps.iter().zip(&made).filter(|(_, made)| **made) {
        match step {
            Step::Rename { from, to } => *labels.iter_mut().find(|label| *label == from)? = to,
            Step::Add { label, neighbour } => labels.insert(Neighbour::place(*neighbour, &labels)?, label),
        }
    }
    (labels == found).then_some(made)
}

fn enums<'a>(judge: &'a Judge<'_>, unit: &'a Unit<'_>) -> Option<(&'a QualifiedName, &'a [String], &'a [String])> {
    unit.writes.iter().find_map(|write| {
        match (write.key(), write.after.definition(), judge.evidence.found(write.key())) {
            (Key::Type(name), Some(Definition::Enum { labels }), Some(Found::Enum { labels: found })) => {
                Some((name, labels.as_slice(), found.as_slice()))
            }
            _ => None,
        }
    })
}

fn add(name: &QualifiedName, label: &str, place: &str) -> String {
    format!("ALTER TYPE {} ADD VALUE {}{place}", name.quoted(), quote_literal(label))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|&word| word.to_owned()).collect()
    }

    #[test]
    fn the_steps_in_force_are_those_that_make_the_labels_that_are_there() {
        let add = |label| Step::Add { label, neighbour: None };
        let steps = [add("b"), add("c"), Step::Rename { from: "a", to: "A" }, Step::Rename { from: "c", to: "C" }];
        let made = |found: &[&str]| in_force(&words(&["a"]), &steps, &words(found));

        assert_eq!(made(&["a", "c"]), Some(vec![false, true, false, false]));
        assert_eq!(made(&["A", "b"]), Some(vec![true, false, true, false]));
        assert_eq!(made(&["a", "C"]), Some(vec![false, true, false, true]));
        assert_eq!(made(&["c", "a"]), None);
        assert_eq!(made(&["a", "other"]), None);
    }
}
