//! Derives the steps of a repair from the differences between a database and its snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::detach::{Change, Dependent, dependents};
use super::parts::takes_name;
use super::rows;
use super::state::{line, state};
use super::{Doing, Stage, Step};
use crate::object::{Around, By, Fact, Mentions, Setting, Turn, Unwritable, Weight, order, replacing, set, turn_of};
use crate::verify::Apart;

/// A repair, in order.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub steps: Vec<Step>,
}

pub(super) struct Planning<'a> {
    pub wanted: &'a Around<'a>,
    pub found: &'a Around<'a>,
    pub apart: &'a Apart,
    user: &'a str,
    /// True if objects that the chain lacks are dropped too.
    pub drops: bool,
    large: &'a BTreeSet<String>,
    mentions: Mentions<'a>,
    mentions_found: Mentions<'a>,
    /// Objects that are dropped and created again anyway.
    pub covered: BTreeSet<String>,
    steps: Vec<Step>,
}

/// The circumstances of a repair.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The role that owns the objects that it creates again.
    pub user: &'a str,
    /// True if objects that the chain lacks are dropped too.
    pub drops: bool,
    /// Tables whose rows take long to read.
    pub large: &'a BTreeSet<String>,
}

/// The steps from the found state to the wanted one.
pub fn plan<'a>(wanted: &'a Around<'a>, found: &'a Around<'a>, apart: &'a Apart, request: Request<'a>) -> Plan {
    let Request { user, drops, large } = request;
    let (mentions, mentions_found) = (Mentions::of(wanted.facts), Mentions::of(found.facts));
    let (covered, steps) = (BTreeSet::new(), Vec::new());
    let mut planning = Planning { wanted, found, apart, user, drops, large, mentions, mentions_found, covered, steps };
    let missing: BTreeSet<String> = apart.missing.iter().map(Fact::identity).collect();
    for (fact, there, differences) in &apart.differing {
        let is =
            |property: &str| differences.iter().any(|it| it.weight == Weight::Different && it.property == property);
        let again = fact.kind.properties.iter().any(|(property, _, by)| matches!(by, By::Again) && is(property));
        let is_column = fact.kind.word == "column";
        // A generated column has no values of its own. The server cannot change the expression of a virtual column that a check
        // uses.
        let is_made_again = is("virtual") || there.get("virtual").is_some() || wanted.major < 17;
        let is_recomputed = is_column && (is("generated") || is("virtual")) && fact.get("generated").is_some();
        if again {
            planning.again(fact, Change::Again(there));
        } else if is_recomputed && (there.get("generated").is_none() || is_made_again) {
            planning.again(fact, Change::Column { fact: there, is_made_again: true });
        } else if is_column && (is("type") || is("collate")) {
            planning.retype(fact, there);
        }
    }
    for fact in &apart.missing {
        planning.missing(fact, &missing);
    }
    for (fact, there, differences) in &apart.differing {
        let properties: Vec<&str> =
            differences.iter().filter(|it| it.weight == Weight::Different).map(|it| it.property).collect();
        if !properties.is_empty() && !planning.covered.contains(&fact.identity()) {
            planning.alter(fact, there, &properties);
        }
    }
    apart.renamed.iter().filter(|it| !it.wanted.auto).for_each(|renamed| planning.renamed(renamed));
    apart.unexpected.iter().for_each(|fact| planning.stranger(fact));
    planning.ordered()
}

impl<'a> Planning<'a> {
    pub fn step(
        &mut self,
        fact: &Fact,
        why: &str,
        state: String,
        sql: Vec<String>,
        (stage, turn): (Stage, Turn),
    ) -> &mut Step {
        let needs = self.mentions.by(fact).into_iter().map(|at| self.wanted.facts[at].identity()).collect();
        self.steps.push(Step {
            kind: fact.kind,
            object: fact.shown(),
            why: why.to_owned(),
            by: None,
            state,
            sql,
            doing: Doing::Done,
            check: None,
            accepts: false,
            alone: false,
            other: Vec::new(),
            stage,
            turn,
            makes: None,
            needs,
        });
        // It was pushed one line above.
        self.steps.last_mut().expect("a step")
    }

    pub fn not_done(&mut self, fact: &Fact, why: &str, reason: String, sql: Vec<String>) -> &mut Step {
        let turn = (fact.kind.ddl.turn)(fact);
        let step = self.step(fact, why, String::new(), sql, (Stage::Strangers, turn));
        step.doing = Doing::Not(reason);
        step
    }

    /// Creates an object like a new one, with all its properties.
    fn make(&mut self, fact: &'a Fact, why: &str, state: &str) {
        match (fact.kind.ddl.create)(fact, self.wanted) {
            Err(Unwritable(reason)) => {
                self.not_done(fact, why, reason, Vec::new());
                return;
            }
            Ok(sql) if sql.is_empty() => {}
            Ok(mut sql) => {
                let is_late = self.is_validated_later(fact);
                sql.iter_mut().filter(|_| is_late).for_each(|it| *it += " NOT VALID");
                sql.splice(0..0, self.unread(fact));
                let (stage, sql) = self.built(fact, sql);
                let turn = (fact.kind.ddl.turn)(fact);
                let check = rows::of_new(fact, self.wanted, self.found, self.apart);
                let step = self.step(fact, why, state.to_owned(), sql, (stage, turn));
                (step.check, step.makes) = (check, Some(fact.identity()));
                if is_late {
                    let validate =
                        vec![format!("ALTER TABLE {} VALIDATE CONSTRAINT {}", fact.holder(), fact.own_name())];
                    self.step(fact, why, state.to_owned(), validate, (Stage::Concurrent, turn)).alone = true;
                }
            }
        }
        self.set_all(fact, why, state);
    }

    /// The body of a function may refer to objects that are created later.
    fn unread(&self, fact: &Fact) -> Option<String> {
        let comes_alone = self.apart.missing.len() + self.apart.differing.len() == 1;
        (fact.kind.word == "function" && fact.get("source").is_some() && !comes_alone)
            .then(|| "SET LOCAL check_function_bodies = off".to_owned())
    }

    /// True if the rows of a large table are validated in a second transaction, whose lock lets others write. The server cannot
    /// do that for a foreign key of a partitioned table (before 18), and no fact contains the size of one.
    fn is_validated_later(&self, fact: &Fact) -> bool {
        let is_of_rows = fact.get("check").is_some() || fact.get("foreign key").is_some();
        let is_open = fact.get("not valid").is_some() || fact.get("not enforced").is_some();
        fact.kind.word == "constraint" && is_of_rows && !is_open && self.large.contains(fact.holder())
    }

    /// An index on an existing table is built concurrently.
    fn built(&self, fact: &Fact, sql: Vec<String>) -> (Stage, Vec<String>) {
        let holder = fact.holder();
        let is_there = self.found.find("table", holder).is_some() || self.found.is_view(holder);
        let is_whole = self.wanted.is_partitioned(holder) || self.covered.contains(&format!("view {holder}"));
        if fact.kind.word == "index" && is_there && !is_whole {
            let concurrently = |sql: String| sql.replacen(" INDEX ", " INDEX CONCURRENTLY ", 1);
            return (Stage::Concurrent, sql.into_iter().map(concurrently).collect());
        }
        (Stage::Make, sql)
    }

    fn set_all(&mut self, fact: &'a Fact, why: &str, state: &str) {
        let comes_alone = fact.kind.word == "column" && self.found.find("table", fact.holder()).is_some();
        for (property, _, by) in fact.kind.properties {
            let Some(turn) = turn_of(*by).filter(|_| fact.get(property).is_some()) else { continue };
            if comes_alone && matches!(by, By::Late(..)) {
                continue;
            }
            let stage = match self.built(fact, Vec::new()).0 {
                Stage::Concurrent => Stage::Concurrent,
                _ => Stage::Make,
            };
            match set(*by, &Setting::of(fact, None, property, self.wanted)) {
                Ok(sql) if sql.is_empty() => {}
                Ok(sql) => {
                    let step = self.step(fact, why, state.to_owned(), sql, (stage, turn));
                    step.needs.push(fact.identity());
                }
                Err(Unwritable(reason)) => _ = self.not_done(fact, why, reason, Vec::new()),
            }
        }
        if fact.kind.word == "sequence" && fact.get("owned by").is_some() {
            self.behind_rows(fact, why, state);
        }
    }

    /// A new sequence continues after the existing rows.
    fn behind_rows(&mut self, sequence: &'a Fact, why: &str, state: &str) {
        let column = sequence.text("owned by").and_then(|name| self.wanted.find("column", name));
        if let Some(column) = column {
            let sql = vec![crate::object::behind_rows(column)];
            let step = self.step(sequence, why, state.to_owned(), sql, (Stage::Make, Turn::Privileges));
            step.needs.push(sequence.identity());
        }
    }

    pub fn missing(&mut self, fact: &'a Fact, missing: &BTreeSet<String>) {
        if self.covered.contains(&fact.identity()) {
            return;
        }
        if let Some(stranger) = self.apart.unexpected.iter().find(|it| !self.drops && takes_name(it, fact)) {
            let sql = (fact.kind.ddl.create)(fact, self.wanted).unwrap_or_default();
            self.not_done(fact, "missing", format!("{} has its name", stranger.shown()), sql);
            return;
        }
        let state = state(fact, None);
        let comes_with_table = fact.kind.word == "column" && missing.contains(&format!("table {}", fact.holder()));
        match comes_with_table {
            true => self.set_all(fact, "missing", &state),
            false => self.make(fact, "missing", &state),
        }
    }

    /// Drops and creates an object again, with its dependents.
    fn again(&mut self, fact: &'a Fact, change: Change<'a>) {
        let change = change.of(self.found);
        let there = change.fact();
        let why = "made again";
        self.covered.insert(fact.identity());
        let mut drop = (there.kind.ddl.drop)(there, self.found);
        match dependents(self.found, &self.mentions_found, change) {
            Err(reason) => {
                let make = (fact.kind.ddl.create)(fact, self.wanted).unwrap_or_default();
                self.not_done(fact, "different", reason, drop.into_iter().chain(make).collect());
            }
            Ok(standing) => {
                let state = state(fact, Some(there));
                self.detach(&standing, &state);
                let check = rows::of_computed(fact, there);
                // The drop fails if a value is not computed by the expression.
                drop.splice(0..0, check.is_some().then(|| rows::is_computed(fact, there)).flatten());
                let is_column = there.kind.word == "column";
                let step = self.step(there, why, state.clone(), drop, (Stage::Detach, Turn::Schema));
                (step.check, step.accepts) = (check, is_column);
                self.make(fact, why, &state);
                self.keep_rights(fact, there, &state);
                self.attach(&standing, &state);
            }
        }
    }

    fn retype(&mut self, fact: &'a Fact, there: &'a Fact) {
        let change = Change::Column { fact: there, is_made_again: false }.of(self.found);
        match dependents(self.found, &self.mentions_found, change) {
            Err(reason) => {
                self.covered.insert(fact.identity());
                self.not_done(fact, "different", reason, Vec::new());
            }
            Ok(standing) if !standing.is_empty() => {
                let state = state(fact, Some(change.fact()));
                self.detach(&standing, &state);
                self.attach(&standing, &state);
            }
            Ok(_) => {}
        }
    }

    fn detach(&mut self, standing: &[Dependent<'a>], state: &str) {
        for dependent in standing {
            let fact = dependent.fact();
            let sql = match dependent {
                Dependent::Along(_) => Vec::new(),
                Dependent::Whole(_) => (fact.kind.ddl.drop)(fact, self.found),
                Dependent::Default(_) => {
                    vec![format!("ALTER TABLE {} ALTER COLUMN {} DROP DEFAULT", fact.holder(), fact.own_name())]
                }
            };
            if self.covered.insert(fact.identity()) && !sql.is_empty() {
                self.step(fact, "stands in the way", state.to_owned(), sql, (Stage::Detach, Turn::Schema));
            }
        }
    }

    /// Creates dependents again: as in the snapshot, or as they were if the chain lacks them.
    fn attach(&mut self, standing: &[Dependent<'a>], state: &str) {
        for dependent in standing {
            let there = dependent.fact();
            let fact = self.wanted.find(there.kind.word, &there.name).unwrap_or(there);
            match dependent {
                Dependent::Default(_) => {
                    let setting = Setting::of(fact, None, "default", self.wanted);
                    let by = fact.kind.properties.iter().find(|(property, ..)| *property == "default");
                    if let Some(Ok(sql)) = by.map(|(_, _, by)| set(*by, &setting)) {
                        self.step(fact, "comes back", state.to_owned(), sql, (Stage::Make, Turn::Column));
                    }
                }
                Dependent::Whole(_) | Dependent::Along(_) => {
                    self.make(fact, "comes back", state);
                    self.keep_rights(fact, there, state);
                }
            }
        }
    }

    /// Restores the owner and the grants: otherwise the role that creates the object again would own it.
    pub fn keep_rights(&mut self, fact: &'a Fact, there: &'a Fact, state: &str) {
        let is_right = |by: &By| matches!(by, By::Owner | By::Grants(_) | By::Set(Turn::Privileges, _));
        let rights = fact.kind.properties.iter().filter(|(_, _, by)| is_right(by));
        for (property, _, by) in rights {
            let wanted = there.get(property);
            let setting = Setting { fact, found: None, wanted, old: None, around: self.wanted };
            let is_own = matches!(by, By::Owner) && setting.text() == Some(self.user);
            let sql = set(*by, &setting).unwrap_or_default();
            if wanted.is_some() && !is_own && !sql.is_empty() {
                let step = self.step(fact, "comes back", state.to_owned(), sql, (Stage::Make, Turn::Privileges));
                step.needs.push(fact.identity());
            }
        }
    }

    /// The smallest statements, property by property; a statement for two properties runs once.
    fn alter(&mut self, fact: &'a Fact, there: &'a Fact, properties: &[&str]) {
        let mut said: BTreeMap<Vec<String>, (Vec<&str>, Turn)> = BTreeMap::new();
        if self.parts(fact, there) || self.bound(fact, there, properties) {
            return;
        }
        for (property, _, by) in fact.kind.properties.iter().filter(|(property, ..)| properties.contains(property)) {
            let turn = turn_of(*by).unwrap_or((fact.kind.ddl.turn)(fact));
            let written = match by {
                By::Replace => {
                    let create = (fact.kind.ddl.create)(fact, self.wanted);
                    create.map(|sql| self.unread(fact).into_iter().chain(sql.iter().map(|it| replacing(it))).collect())
                }
                by => set(*by, &Setting::of(fact, Some(there), property, self.wanted)),
            };
            match written {
                Ok(sql) if sql.is_empty() => {}
                Ok(sql) => said.entry(sql).or_insert((Vec::new(), turn)).0.push(property),
                Err(Unwritable(reason)) => _ = self.not_done(fact, &format!("{property} differs"), reason, Vec::new()),
            }
        }
        for (sql, (of, turn)) in said {
            let check = match of.contains(&"of") {
                true => rows::of_bound(fact, self.wanted, self.found),
                false => rows::of_change(fact, there, &of, &sql),
            };
            let why = format!("{} {}", of.join(", "), if of.len() == 1 { "differs" } else { "differ" });
            let state = line(fact, of.iter().map(|property| (*property, fact.get(property))));
            self.step(fact, &why, state, sql, (Stage::Make, turn)).check = check;
        }
    }

    /// Detaches a partition, and attaches it with the wanted bounds.
    fn bound(&mut self, fact: &'a Fact, there: &'a Fact, properties: &[&str]) -> bool {
        let Some(parent) = fact.text("of").filter(|_| properties == ["bound"]) else { return false };
        let points = |it: &&Fact| it.kind.word == "constraint" && it.text("references") == Some(parent);
        let bound = fact.text("bound").unwrap_or_default();
        let (detach, attach) = (
            format!("ALTER TABLE {parent} DETACH PARTITION {}", there.name),
            format!("ALTER TABLE {parent} ATTACH PARTITION {} {bound}", fact.name),
        );
        let check = rows::of_bound(fact, self.wanted, self.found);
        let reason = match (self.found.facts.iter().find(points), &check) {
            (Some(key), _) => format!("{} points at the rows of its parent", key.shown()),
            (None, None) => {
                "its bounds are others, and nobody can tell which rows lie outside of the wanted ones".to_owned()
            }
            (None, Some(_)) => {
                let state = line(fact, [("bound", fact.get("bound"))]);
                self.step(fact, "bound differs", state.clone(), vec![detach], (Stage::Detach, Turn::Schema)).check =
                    check;
                self.step(fact, "bound differs", state, vec![attach], (Stage::Make, Turn::Partition));
                return true;
            }
        };
        self.not_done(fact, "bound differs", reason, vec![detach, attach]);
        true
    }

    /// The order of the steps: drops as they were found, outermost first; then each after its needs; then the non-transactional
    /// ones, and unexpected objects from the outside in.
    fn ordered(self) -> Plan {
        let mut steps = self.steps;
        let mut all: Vec<Step> = Vec::with_capacity(steps.len());
        for stage in [Stage::Detach, Stage::Rename, Stage::Make, Stage::Concurrent, Stage::Strangers] {
            let of_stage: Vec<Step> = steps.extract_if(.., |step| step.stage == stage).collect();
            let order: Vec<usize> = match stage {
                Stage::Detach | Stage::Rename => (0..of_stage.len()).collect(),
                Stage::Make | Stage::Concurrent => in_order(&of_stage),
                Stage::Strangers => {
                    let mut order: Vec<usize> = (0..of_stage.len()).collect();
                    order.sort_by_key(|&at| std::cmp::Reverse(of_stage[at].turn));
                    order
                }
            };
            let mut of_stage: Vec<Option<Step>> = of_stage.into_iter().map(Some).collect();
            all.extend(order.into_iter().filter_map(|at| of_stage[at].take()));
        }
        Plan { steps: all }
    }
}

fn in_order(steps: &[Step]) -> Vec<usize> {
    let makers: BTreeMap<&str, usize> =
        steps.iter().enumerate().filter_map(|(at, step)| Some((step.makes.as_deref()?, at))).collect();
    let needs: Vec<BTreeSet<usize>> = steps
        .iter()
        .map(|step| step.needs.iter().filter_map(|need| makers.get(need.as_str()).copied()).collect())
        .collect();
    let turns: Vec<Turn> = steps.iter().map(|step| step.turn).collect();
    order(&turns, &needs)
}
