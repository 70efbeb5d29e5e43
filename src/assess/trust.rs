//! Owners whose objects may count as the chain's and may be run: trusted roles, and roles to which the chain itself gives an
//! object.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::request::Script;
use crate::catalog::{Catalog, Definition, How, Key, Question, Stranger, StrangerKind, Stray, Surroundings};
use crate::expect::{Expected, Timeline};
use crate::statement::change::{Act, Effect, Setting};

#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub surroundings: Arc<Surroundings>,
    /// Objects, each with a role to which the chain gives it.
    given: BTreeSet<(Key, String)>,
    /// Schemas with the roles for which the chain creates them: these roles may own the objects in them.
    schemas: BTreeMap<String, BTreeSet<String>>,
    /// Roles as which the chain's statements run, or to which its code gives objects.
    acting: BTreeSet<String>,
}

/// The untrusted objects that a comparison would run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Danger {
    None,
    /// A word of the script is the name of such an object, but may mean another.
    ByItsWords(Stray),
    Certain(Stray),
}

impl Trust {
    pub fn new(surroundings: &Arc<Surroundings>, scripts: &[Script<'_>], timeline: &Timeline<'_>) -> Self {
        let mut trust = Self { surroundings: Arc::clone(surroundings), ..Self::default() };
        for script in scripts {
            for statement in script.statements {
                trust.hear(&statement.effect, &script.text[statement.range.clone()]);
            }
        }
        let versions = timeline.all().flat_map(|(key, all)| all.iter().map(move |one| (key, &one.value)));
        for (key, value) in timeline.base.iter().chain(versions) {
            if let (Key::Owner(of), Some(Definition::Word(Some(role)))) = (key, Expected::definition(value)) {
                trust.given.insert(((**of).clone(), role.clone()));
            }
        }
        trust
    }

    fn hear(&mut self, effect: &Effect, text: &str) {
        match effect {
            Effect::Setting(Setting::Role(Some(role))) => drop(self.acting.insert(role.clone())),
            Effect::Opaque(_) | Effect::Unjudged(..) => {
                // ALTER … OWNER TO in code, REASSIGN OWNED BY … TO, SET ROLE in code.
                let ways: [&[&str]; 3] = [&["owner", "to"], &["reassign", "owned", "by", "*", "to"], &["set", "role"]];
                self.acting.extend(ways.iter().flat_map(|way| behind(text, way)));
            }
            Effect::Changes(changes) => {
                if let Some(Act::CreateSchema { name, .. }) = changes.first().map(|change| &change.act) {
                    self.schemas.entry(name.clone()).or_default().extend(behind(text, &["authorization"]));
                }
            }
            Effect::Data(_) | Effect::Setting(_) | Effect::Repeatable => {}
        }
    }

    /// True if an object of this owner may be the chain's.
    pub fn trusts(&self, object: &Key, owner: &str) -> bool {
        self.surroundings.trusts(owner)
            || self.acting.contains(owner)
            || self.given.contains(&(object.clone(), owner.to_owned()))
            || schema_of(object).is_some_and(|schema| self.schemas.get(schema).is_some_and(|all| all.contains(owner)))
    }

    /// The roles that may own an object of these keys and of this schema.
    pub fn owners_of(&self, is_key: impl Fn(&Key) -> bool, schema: &str) -> BTreeSet<String> {
        let given = self.given.iter().filter(|(key, _)| is_key(key)).map(|(_, role)| role);
        let of_schema = self.schemas.get(schema).into_iter().flatten();
        self.surroundings.trusted.iter().chain(&self.acting).chain(given).chain(of_schema).cloned().collect()
    }

    /// The untrusted object that a comparison would run, on either side.
    pub fn stray(&self, catalog: &Catalog, question: &Question<'_>, how: How) -> Danger {
        if !question.runs(how) {
            return Danger::None;
        }
        if let Some(stray) = self.stray_under(catalog, question.found_key) {
            return Danger::Certain(stray);
        }
        self.stray_in(&question.script(), question.wanted.path()).map_or(Danger::None, Danger::ByItsWords)
    }

    /// The untrusted object among those that a query uses. If there are several, the last: they are sorted by kind, and an
    /// operator is more specific than its function.
    pub fn strange_among(&self, reached: Vec<Stray>) -> Option<Stray> {
        reached.into_iter().rfind(|stray| self.is_strange(stray))
    }

    fn is_strange(&self, stray: &Stray) -> bool {
        !self.surroundings.trusts(&stray.owner) && !self.acting.contains(&stray.owner)
    }

    /// The first untrusted object that SQL may run, by its words alone.
    pub fn stray_in(&self, sql: &str, path: &[String]) -> Option<Stray> {
        let found = self.surroundings.stray(sql, path, |stranger| self.trusts_named(stranger));
        found.filter(|stray| !self.acting.contains(&stray.owner))
    }

    fn trusts_named(&self, stranger: &Stranger) -> bool {
        let is_it = |key: &Key| match (stranger.kind, key) {
            (StrangerKind::Function, Key::Function(name, _))
            | (StrangerKind::Relation, Key::Relation(name))
            | (StrangerKind::Type, Key::Type(name) | Key::Relation(name)) => *name == stranger.name,
            _ => false,
        };
        self.acting.contains(&stranger.owner)
            || self.given.iter().any(|(key, role)| *role == stranger.owner && is_it(key))
            || self.schemas.get(&stranger.name.schema).is_some_and(|all| all.contains(&stranger.owner))
    }

    /// The untrusted object that reading an object would run; the object itself, if it is untrusted.
    pub fn stray_under(&self, catalog: &Catalog, key: &Key) -> Option<Stray> {
        if let Some((object, owner)) = catalog.owner(key)
            && !self.trusts(&object, owner)
        {
            return Some(Stray { what: object.to_string(), owner: owner.to_owned() });
        }
        catalog.reaches(key).iter().find(|stray| self.is_strange(stray)).cloned()
    }
}

/// The roles after some words of a text; `*` matches any word. A name that is built at run time (`%I`) is not recognized.
fn behind(text: &str, words: &[&str]) -> Vec<String> {
    let pieces: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "();,'".contains(c)).filter(|it| !it.is_empty()).collect();
    let is_way = |at: &usize| {
        let all = words.iter().zip(&pieces[*at..]);
        pieces.len() - at > words.len()
            && all.into_iter().all(|(word, piece)| *word == "*" || piece.eq_ignore_ascii_case(word))
    };
    let role = |piece: &str| match piece.strip_prefix('"') {
        Some(quoted) => quoted.trim_end_matches('"').to_owned(),
        None => piece.to_lowercase(),
    };
    (0..pieces.len()).filter(is_way).map(|at| role(pieces[at + words.len()])).collect()
}

fn schema_of(object: &Key) -> Option<&str> {
    match object {
        Key::Schema(name) => Some(name),
        Key::Type(name) | Key::Function(name, _) | Key::Collation(name) | Key::Statistics(name) => Some(&name.schema),
        key => key.relation().map(|name| name.schema.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_heard_behind_the_words_that_give_to_them() {
        let owner = |text: &str| behind(text, &["owner", "to"]);
        assert_eq!(owner("DO $$ BEGIN EXECUTE 'ALTER TABLE t OWNER TO app'; END $$"), ["app"]);
        assert_eq!(owner("ALTER TABLE t\n  OWNER TO \"App\";"), ["App"]);
        assert_eq!(owner("ALTER TABLE t OWNER TO"), Vec::<String>::new());
        assert_eq!(behind("REASSIGN OWNED BY a TO b", &["reassign", "owned", "by", "*", "to"]), ["b"]);
    }
}
