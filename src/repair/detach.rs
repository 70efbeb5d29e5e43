//! The dependents of an object that is created again or changes its type: they are dropped first, and created again after it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::object::{Around, Fact, Mentions, has_word};

/// An object that blocks a change.
#[derive(Clone, Copy, Debug)]
pub enum Dependent<'a> {
    Whole(&'a Fact),
    /// The default of a column.
    Default(&'a Fact),
    /// It is dropped with the object, and has to be created again.
    Along(&'a Fact),
}

impl<'a> Dependent<'a> {
    pub fn fact(self) -> &'a Fact {
        match self {
            Self::Whole(fact) | Self::Default(fact) | Self::Along(fact) => fact,
        }
    }
}

/// A change that dependents block.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a> {
    Again(&'a Fact),
    /// A column gets another type or another expression.
    Column {
        fact: &'a Fact,
        is_made_again: bool,
    },
}

impl<'a> Change<'a> {
    pub fn fact(self) -> &'a Fact {
        match self {
            Self::Again(fact) | Self::Column { fact, .. } => fact,
        }
    }

    /// The change, with the fact as the database has it.
    pub fn of(self, found: &Around<'a>) -> Self {
        let whole = |fact: &'a Fact| found.find(fact.kind.word, &fact.name).unwrap_or(fact);
        match self {
            Self::Again(fact) => Self::Again(whole(fact)),
            Self::Column { fact, is_made_again } => Self::Column { fact: whole(fact), is_made_again },
        }
    }
}

/// Kinds that consist only of their own SQL, so they can be dropped and created again.
const MAY_GO: [&str; 7] = ["view", "rule", "trigger", "policy", "event trigger", "cast", "operator"];

/// The dependents, outermost first.
///
/// # Errors
/// A dependent cannot be dropped: it contains rows, or more than this version can restore.
pub fn dependents<'a>(
    found: &Around<'a>,
    mentions: &Mentions<'_>,
    change: Change<'a>,
) -> Result<Vec<Dependent<'a>>, String> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    gather(found, mentions, change, &mut seen, &mut all)?;
    Ok(all)
}

fn gather<'a>(
    found: &Around<'a>,
    mentions: &Mentions<'_>,
    change: Change<'a>,
    seen: &mut BTreeSet<String>,
    all: &mut Vec<Dependent<'a>>,
) -> Result<(), String> {
    let changed = change.fact();
    for fact in found.facts.iter().filter(|fact| fact.identity() != changed.identity()) {
        let Some(dependent) = stands_on(found, mentions, change, fact)? else { continue };
        if !seen.insert(fact.identity()) {
            continue;
        }
        if matches!(fact.kind.word, "view" | "operator") {
            gather(found, mentions, Change::Again(fact), seen, all)?;
        }
        all.push(dependent);
    }
    Ok(())
}

fn stands_on<'a>(
    found: &Around<'a>,
    mentions: &Mentions<'_>,
    change: Change<'a>,
    fact: &'a Fact,
) -> Result<Option<Dependent<'a>>, String> {
    match change {
        Change::Again(of) => stands_on_whole(found, mentions, of, fact),
        Change::Column { fact: of, is_made_again } => stands_on_column(found, mentions, of, is_made_again, fact),
    }
}

fn stands_on_whole<'a>(
    found: &Around<'a>,
    mentions: &Mentions<'_>,
    of: &Fact,
    fact: &'a Fact,
) -> Result<Option<Dependent<'a>>, String> {
    // The key that a foreign key references.
    if of.kind.word == "constraint" {
        let key = of.get("primary key").or_else(|| of.get("unique"));
        let points = fact.text("references") == Some(of.holder()) && fact.get("columns") == key && key.is_some();
        return Ok(points.then_some(Dependent::Whole(fact)));
    }
    if of.kind.word == "view" && fact.holder() == of.name && fact.name != of.name {
        return Ok(Some(Dependent::Along(fact)));
    }
    let Some(number) = found.number(of.kind.word, &of.name) else { return Ok(None) };
    let is_named = |value: &Value| mentions.by_value(value).contains(&number);
    if fact.kind.word == "column" && !found.is_view(fact.holder()) {
        let names = |property: &str| fact.get(property).is_some_and(is_named);
        return match (names("type") || names("generated") || names("collate"), names("default")) {
            (true, _) => Err(format!("{} stands on it", fact.shown())),
            (false, true) => Ok(Some(Dependent::Default(fact))),
            (false, false) => Ok(None),
        };
    }
    if !mentions.by(fact).contains(&number) {
        return Ok(None);
    }
    let is_check = fact.kind.word == "constraint" && fact.get("check").is_some();
    let is_index = fact.kind.word == "index" && of.kind.word == "function";
    if MAY_GO.contains(&fact.kind.word) || is_check || is_index {
        return Ok(Some(Dependent::Whole(fact)));
    }
    // The body of a function does not count here: it is read only when the function runs.
    Err(format!("{} stands on it", fact.shown()))
}

fn stands_on_column<'a>(
    found: &Around<'a>,
    mentions: &Mentions<'_>,
    of: &Fact,
    is_made_again: bool,
    fact: &'a Fact,
) -> Result<Option<Dependent<'a>>, String> {
    let (table, column) = (of.holder(), of.own_name());
    let Some(number) = found.number("table", table) else { return Ok(None) };
    let says_column =
        fact.properties.iter().any(|(name, value)| *name != "comment" && has_word(&value.to_string(), column));
    if !says_column {
        return Ok(None);
    }
    let is_of_table = fact.holder() == table;
    match fact.kind.word {
        "view" | "rule" | "policy" if mentions.by(fact).contains(&number) => Ok(Some(Dependent::Whole(fact))),
        "trigger" if is_of_table => Ok(Some(Dependent::Whole(fact))),
        "column" if is_of_table && fact.text("generated").is_some_and(|it| has_word(it, column)) => {
            Err(format!("{} is computed from it", fact.shown()))
        }
        "function" if fact.get("body").is_some() && mentions.by(fact).contains(&number) => {
            Err(format!("{} stands on it", fact.shown()))
        }
        "publication" if is_filtered(fact, column) => Err(format!("{} filters by it", fact.shown())),
        "index" | "constraint" | "statistics" if is_of_table && is_made_again => Ok(Some(Dependent::Along(fact))),
        _ => Ok(None),
    }
}

fn is_filtered(publication: &Fact, column: &str) -> bool {
    let tables = publication.get("tables").and_then(Value::as_array).into_iter().flatten();
    let filters = tables.filter_map(|table| Some(table.as_str()?.split_once(" WHERE ")?.1));
    filters.into_iter().any(|filter| has_word(filter, column))
}
