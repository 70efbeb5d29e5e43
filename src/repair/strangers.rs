//! Unexpected objects: a renamed object of the chain, a part of a type, or an additional object.

use std::collections::BTreeSet;

use super::parts::{self, takes_name};
use super::renames::{self, Way};
use super::rows;
use super::state::{line, state};
use super::steps::Planning;
use super::{Doing, Stage};
use crate::object::{By, Fact, SET_ON_VIEWS, Setting, Turn, set as set_by, turn_of};
use crate::verify::Renamed;

impl<'a> Planning<'a> {
    pub fn renamed(&mut self, renamed: &'a Renamed) {
        let Renamed { wanted: fact, found: there, .. } = renamed;
        match renames::way(renamed, self.found, &self.apart.unexpected) {
            Way::Rename(sql) => {
                let why = format!("renamed: {} has its definition", there.name);
                self.step(fact, &why, state(fact, None), sql, (Stage::Rename, Turn::Schema));
            }
            Way::Beside => {
                self.missing(fact, &BTreeSet::new());
                self.keep_rights(fact, there, &state(fact, None));
                self.stranger(there);
            }
            Way::Unknown { why, sql } => {
                let (other, check) = (self.afresh(fact), rows::of_renamed(there));
                let step = self.not_done(fact, "renamed", why, sql);
                (step.other, step.check) = (other, check);
            }
        }
    }

    /// A column as a new one, with all its properties; empty for a table, on which too much depends.
    fn afresh(&self, fact: &Fact) -> Vec<String> {
        if fact.kind.word != "column" {
            return Vec::new();
        }
        let set = fact.kind.properties.iter().filter(|(property, _, by)| {
            turn_of(*by).is_some() && !matches!(by, By::Late(..)) && fact.get(property).is_some()
        });
        let set = set.filter_map(|(property, _, by)| set_by(*by, &Setting::of(fact, None, property, self.wanted)).ok());
        let made = (fact.kind.ddl.create)(fact, self.wanted).unwrap_or_default();
        made.into_iter().chain(set.flatten()).collect()
    }

    /// Handles labels and attributes. True if nothing is left to alter.
    pub fn parts(&mut self, fact: &'a Fact, there: &'a Fact) -> bool {
        if let Some(label) = parts::renamed_label(fact, there, &self.apart.differing) {
            let why = format!("labels differ: {} was renamed", label.old);
            self.step(
                fact,
                &why,
                line(fact, [("labels", fact.get("labels"))]),
                vec![label.sql],
                (Stage::Rename, Turn::Type),
            );
            self.covered.extend(label.witnesses);
            return true;
        }
        let (extra, drops) = (parts::extra(fact, there, self.found), self.drops);
        for part in &extra {
            let state = line(fact, [(part.property, fact.get(part.property))]);
            let step = self.step(fact, "unexpected", state, part.drop.clone(), (Stage::Strangers, Turn::Type));
            step.check.clone_from(&part.check);
            step.doing = match &part.drop {
                sql if sql.is_empty() => {
                    Doing::Not(format!("{}: no file of the chain makes it, and the server removes no label", part.what))
                }
                _ if drops => Doing::Accepted,
                _ => Doing::Not(format!("{}: no file of the chain makes it; --drop drops it", part.what)),
            };
        }
        false
    }

    pub fn stranger(&mut self, fact: &'a Fact) {
        let sql: Vec<String> = (fact.kind.ddl.drop)(fact, self.found).iter().map(|it| if_exists(it)).collect();
        let of_view = fact.kind.word == "column" && self.found.is_view(fact.holder());
        if of_view {
            let set = fact.properties.iter().filter(|(name, _)| SET_ON_VIEWS.contains(name));
            let state = line(fact, set.map(|(name, _)| (*name, None)));
            self.step(fact, "unexpected", state, sql, (Stage::Make, Turn::Comment));
            return;
        }
        if sql.is_empty() {
            self.not_done(fact, "unexpected", "no file of the chain makes it".to_owned(), sql);
            return;
        }
        // Dependents are dropped before the objects on which they depend, and an unexpected object before its name is used.
        let is_in_the_way = self.drops && self.apart.missing.iter().any(|missing| takes_name(fact, missing));
        let stage = if is_in_the_way { Stage::Detach } else { Stage::Strangers };
        let turn = (fact.kind.ddl.turn)(fact);
        let check = rows::of_stranger(fact);
        let drops = self.drops;
        let step = self.step(fact, "unexpected", String::new(), sql, (stage, turn));
        step.check = check;
        step.doing = match drops {
            true => Doing::Accepted,
            false => {
                Doing::Not("no file of the chain makes it, and nobody knows who uses it; --drop drops it".to_owned())
            }
        };
    }
}

/// DROP … IF EXISTS: a correct database does not have the object.
fn if_exists(sql: &str) -> String {
    const WORDS: [&str; 34] = [
        "DROP COLUMN ",
        "DROP CONSTRAINT ",
        "DROP FOREIGN DATA WRAPPER ",
        "DROP TEXT SEARCH CONFIGURATION ",
        "DROP TEXT SEARCH DICTIONARY ",
        "DROP MATERIALIZED VIEW ",
        "DROP FOREIGN TABLE ",
        "DROP EVENT TRIGGER ",
        "DROP TEXT SEARCH PARSER ",
        "DROP TEXT SEARCH TEMPLATE ",
        "DROP ACCESS METHOD ",
        "DROP LANGUAGE ",
        "DROP TRANSFORM ",
        "DROP CONVERSION ",
        "DROP OPERATOR FAMILY ",
        "DROP OPERATOR CLASS ",
        "DROP SCHEMA ",
        "DROP EXTENSION ",
        "DROP COLLATION ",
        "DROP TYPE ",
        "DROP SERVER ",
        "DROP SEQUENCE ",
        "DROP ROUTINE ",
        "DROP OPERATOR ",
        "DROP CAST ",
        "DROP TABLE ",
        "DROP INDEX ",
        "DROP VIEW ",
        "DROP RULE ",
        "DROP TRIGGER ",
        "DROP POLICY ",
        "DROP STATISTICS ",
        "DROP PUBLICATION ",
        "DROP DOMAIN ",
    ];
    match WORDS.iter().find(|word| sql.contains(**word)) {
        Some(word) => sql.replacen(word, &format!("{word}IF EXISTS "), 1),
        None => sql.to_owned(),
    }
}
