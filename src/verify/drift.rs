//! Compares the database's facts with the snapshot's: missing, different and unexpected ones, without those that another
//! difference explains.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use super::apart::{Apart, Renamed};
use super::renames::{self, Renames};
use super::{Facts, Ignored, Snapshot, Unread};
use crate::object::{Difference, Fact, Weight, compare};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineKind {
    Missing,
    Different,
    Unexpected,
    /// Texts that cannot be compared.
    Unproved,
    Note,
}

impl LineKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Unexpected => "unexpected",
            Self::Unproved => "unproved",
            Self::Note => "note",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    pub what: LineKind,
    /// The kind of object.
    pub kind: &'static str,
    pub object: String,
    /// The reason in a few words; empty if the properties show it.
    pub why: String,
    /// The place in the chain that created the object, or changed it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub properties: Vec<Property>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Property {
    pub property: &'static str,
    pub snapshot: Option<String>,
    pub database: Option<String>,
}

/// The result of comparing a database with its snapshot.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub lines: Vec<Line>,
    /// The relations that could not be read.
    pub unread: Vec<Unread>,
    /// The number of compared objects and of their kinds.
    pub objects: usize,
    pub kinds: usize,
    pub ignored: usize,
    /// The lines of the rules that ignored objects.
    pub ignored_by: BTreeSet<usize>,
}

impl Report {
    /// The number of lines of this kind.
    pub fn count(&self, what: LineKind) -> usize {
        self.lines.iter().filter(|line| line.what == what).count()
    }

    /// The number of schema differences: missing, different or unexpected.
    pub fn differences(&self) -> usize {
        self.lines.iter().filter(|line| line.what <= LineKind::Unexpected).count()
    }

    /// The differences that keep a gate closed if it enforces the snapshot.
    pub fn grave(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.what <= LineKind::Different)
    }

    /// The number of differences by kind of object.
    pub fn by_kind(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        let lines = self.lines.iter().filter(|line| line.what <= LineKind::Unexpected);
        lines.for_each(|line| *counts.entry(line.kind).or_default() += 1);
        counts
    }
}

/// The differences for a repair: all missing facts, including those within missing tables; unexpected and inherited facts only as
/// a whole.
pub fn apart(snapshot: &Snapshot, found: Facts, major: u32, ignored: &Ignored) -> Apart {
    let mut report = Report { unread: found.unread, ..Report::default() };
    let wanted_tables: HashSet<&str> = tables(&snapshot.facts).collect();
    let parents = parents(&found.facts);
    let mut apart = merge(&snapshot.facts, found.facts, snapshot.server == major);
    leave_out(&mut apart, &mut report, ignored);
    partitions(&mut apart, &mut report, (snapshot, &wanted_tables, ignored));
    let mut renames = renames::find(&mut apart);
    renames.settle(&mut apart, snapshot.server == major);
    fold_strangers(&mut apart, &parents);
    apart.renamed = renames.into_pairs();
    apart
}

/// Compares the facts of a database on a server of this major version with the snapshot. `ahead`: the database has revisions that
/// created objects unknown to the snapshot.
pub fn drift(snapshot: &Snapshot, found: Facts, major: u32, ignored: &Ignored, ahead: bool) -> Report {
    let mut report = Report { unread: found.unread, ..Report::default() };
    let wanted_tables: HashSet<&str> = tables(&snapshot.facts).collect();
    let parents = parents(&found.facts);
    report.objects = found.facts.len() + found.equal.values().sum::<usize>();
    let kinds = found.facts.iter().map(|fact| fact.kind.word).chain(found.equal.keys().copied());
    report.kinds = kinds.collect::<HashSet<_>>().len();
    let mut apart = merge(&snapshot.facts, found.facts, snapshot.server == major);
    leave_out(&mut apart, &mut report, ignored);
    partitions(&mut apart, &mut report, (snapshot, &wanted_tables, ignored));
    let mut renames = renames::find(&mut apart);
    renames.settle(&mut apart, snapshot.server == major);
    let folded = fold(&mut apart, &parents);
    tell(apart, renames, folded, ahead, &mut report);
    report
}

/// The tables from which each table inherits its columns.
fn parents(facts: &[Fact]) -> Parents {
    let tables = facts.iter().filter(|fact| fact.kind.word == "table");
    let of = |fact: &Fact| -> Vec<String> {
        let listed = fact.get("inherits").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        listed.chain(fact.text("of")).map(str::to_owned).collect()
    };
    tables.map(|fact| (fact.name.clone(), of(fact))).filter(|(_, parents)| !parents.is_empty()).collect()
}

type Parents = HashMap<String, Vec<String>>;

fn tables(facts: &[Fact]) -> impl Iterator<Item = &str> {
    facts.iter().filter(|fact| fact.kind.word == "table").map(|fact| fact.name.as_str())
}

/// Merges both sides, which are sorted.
fn merge(wanted: &[Fact], found: Vec<Fact>, one_writer: bool) -> Apart {
    let mut apart = Apart::default();
    let mut wanted = wanted.iter().peekable();
    for there in found {
        while let Some(missing) =
            wanted.next_if(|fact| (fact.kind.word, fact.name.as_str()) < (there.kind.word, there.name.as_str()))
        {
            apart.missing.push(missing.clone());
        }
        match wanted.next_if(|fact| fact.kind.word == there.kind.word && fact.name == there.name) {
            None => apart.unexpected.push(there),
            Some(fact) => {
                let differences = compare(fact, &there, one_writer);
                if !differences.is_empty() {
                    apart.differing.push((fact.clone(), there, differences));
                }
            }
        }
    }
    apart.missing.extend(wanted.cloned());
    apart
}

/// Removes facts that a rule ignores, and facts that could not be read.
fn leave_out(apart: &mut Apart, report: &mut Report, ignored: &Ignored) {
    let unread: HashSet<String> = report.unread.iter().map(|unread| unread.relation.clone()).collect();
    let mut is_left = |fact: &Fact| {
        if unread.contains(fact.holder()) || unread.contains(&fact.name) {
            return false;
        }
        let rule = ignored.rule(fact);
        if let Some(line) = rule {
            report.ignored += 1;
            report.ignored_by.insert(line);
        }
        rule.is_none()
    };
    apart.missing.retain(&mut is_left);
    apart.unexpected.retain(&mut is_left);
    apart.differing.retain(|(wanted, ..)| is_left(wanted));
}

/// Partitions that no file names are created and dropped while the application runs.
fn partitions(
    apart: &mut Apart,
    report: &mut Report,
    (snapshot, wanted, ignored): (&Snapshot, &HashSet<&str>, &Ignored),
) {
    let mut made: HashMap<String, String> = HashMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for table in apart.unexpected.iter().filter(|fact| fact.kind.word == "table") {
        let Some(parent) = table.text("of") else { continue };
        if !wanted.contains(parent) && !made.contains_key(parent) {
            continue;
        }
        made.insert(table.name.clone(), parent.to_owned());
        if ignored.partitions_of(parent) {
            report.ignored += 1;
        } else if !snapshot.runtime.contains(parent) {
            *counts.entry(parent.to_owned()).or_default() += 1;
        }
    }
    apart.unexpected.retain(|fact| !made.contains_key(fact.holder()));
    for (parent, count) in counts {
        let of = if count == 1 { "a partition".to_owned() } else { format!("{count} partitions") };
        report.lines.push(Line {
            what: LineKind::Note,
            kind: "table",
            object: format!("table {parent}"),
            why: format!("{of} of it that the snapshot does not have"),
            by: None,
            properties: Vec::new(),
        });
    }
}

/// Removes facts that another difference explains. Returns the number of removed facts for each missing table.
fn fold(apart: &mut Apart, parents: &Parents) -> HashMap<String, usize> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let gone: HashSet<String> = containers(&apart.missing);
    apart.missing.retain(|fact| keep(fact, &gone, &mut taken));
    fold_strangers(apart, parents);
    taken
}

fn fold_strangers(apart: &mut Apart, parents: &Parents) {
    let new: HashSet<String> = containers(&apart.unexpected);
    apart.unexpected.retain(|fact| keep(fact, &new, &mut HashMap::new()));
    // A partition's inherited parts become its own after DETACH, and the reverse. A child of plain inheritance has its parents'
    // checks by name, and each has to be added or dropped.
    let moved: HashSet<String> = apart
        .differing
        .iter()
        .filter(|(_, _, differences)| differences.iter().any(|it| it.property == "of"))
        .map(|(wanted, ..)| wanted.name.clone())
        .collect();
    let is_own =
        |fact: &Fact| !(matches!(fact.kind.word, "constraint" | "index" | "trigger") && moved.contains(fact.holder()));
    apart.missing.retain(is_own);
    apart.unexpected.retain(is_own);
    children(apart, parents);
}

/// Tables, views, schemas and types, whose parts disappear with them.
fn containers(facts: &[Fact]) -> HashSet<String> {
    let holders = facts.iter().filter(|fact| matches!(fact.kind.word, "table" | "view" | "schema" | "type"));
    holders.map(|fact| if fact.kind.word == "schema" { format!("{}.", fact.name) } else { fact.name.clone() }).collect()
}

fn keep(fact: &Fact, containers: &HashSet<String>, taken: &mut HashMap<String, usize>) -> bool {
    let schema = fact.holder().split_once('.').map(|(schema, _)| format!("{schema}."));
    let within = schema.filter(|schema| containers.contains(schema) && fact.kind.word != "schema");
    let holder = (fact.holder() != fact.name && containers.contains(fact.holder())).then(|| fact.holder().to_owned());
    match within.or(holder) {
        Some(container) => {
            *taken.entry(container).or_default() += 1;
            false
        }
        None => true,
    }
}

/// Removes a column or check of a child that differs like its parent's.
fn children(apart: &mut Apart, parents: &Parents) {
    let own = |fact: &Fact, holder: &str| format!("{} {holder}.{}", fact.kind.word, fact.own_name());
    let of_parents = |fact: &Fact| -> Vec<String> {
        parents.get(fact.holder()).into_iter().flatten().map(|parent| own(fact, parent)).collect()
    };
    let identities = |facts: &[Fact]| facts.iter().map(Fact::identity).collect::<HashSet<_>>();
    let (missing, unexpected) = (identities(&apart.missing), identities(&apart.unexpected));
    apart.missing.retain(|fact| !of_parents(fact).iter().any(|parent| missing.contains(parent)));
    apart.unexpected.retain(|fact| !of_parents(fact).iter().any(|parent| unexpected.contains(parent)));
    let differing: HashMap<String, Vec<Difference>> =
        apart.differing.iter().map(|(wanted, _, differences)| (wanted.identity(), differences.clone())).collect();
    apart.differing.retain(|(wanted, _, differences)| {
        !of_parents(wanted).iter().any(|parent| differing.get(parent) == Some(differences))
    });
}

fn tell(apart: Apart, renames: Renames, folded: HashMap<String, usize>, ahead: bool, report: &mut Report) {
    let line = |what, fact: &Fact, why: String| Line {
        what,
        kind: fact.kind.word,
        object: fact.shown(),
        why,
        by: None,
        properties: Vec::new(),
    };
    for fact in &apart.missing {
        let container = if fact.kind.word == "schema" { format!("{}.", fact.name) } else { fact.name.clone() };
        let along =
            folded.get(&container).map(|count| format!("and {} of it", crate::failure::counted(*count, "object")));
        report.lines.push(line(LineKind::Missing, fact, along.unwrap_or_default()));
    }
    for (wanted, _, differences) in &apart.differing {
        let weight = differences.iter().map(|it| it.weight).max().unwrap_or(Weight::Note);
        let what = match weight {
            Weight::Different => LineKind::Different,
            Weight::Unproved => LineKind::Unproved,
            Weight::Note => LineKind::Note,
        };
        let properties = differences
            .iter()
            .map(|it| Property { property: it.property, snapshot: it.wanted.clone(), database: it.found.clone() })
            .collect();
        let is_invalid = differences.iter().any(|it| it.property == "INVALID" && it.found.is_some());
        let why = if is_invalid { "INVALID".to_owned() } else { String::new() };
        report.lines.push(Line { properties, ..line(what, wanted, why) });
    }
    for fact in &apart.unexpected {
        // A newer release may have created it.
        let what = if ahead { LineKind::Note } else { LineKind::Unexpected };
        report.lines.push(line(what, fact, fact.described()));
    }
    for Renamed { wanted, found, .. } in renames.pairs() {
        let (what, why) = if wanted.auto {
            (LineKind::Note, format!("is {} (the server chose the name)", found.own_name()))
        } else {
            (LineKind::Different, format!("is gone, and {} has its definition", found.name))
        };
        report.lines.push(line(what, wanted, why));
    }
    report.lines.sort_by(|a, b| (a.what, &a.object).cmp(&(b.what, &b.object)));
}
