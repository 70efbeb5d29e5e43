//! The facts around another: its table, its columns, its parents.

use std::collections::{BTreeSet, HashMap};

use super::words::list;
use crate::object::Fact;

/// The facts of one schema, found by kind and name.
#[derive(Debug)]
pub struct Around<'a> {
    pub facts: &'a [Fact],
    /// The major version of the target server.
    pub major: u32,
    /// True for a database that is built for a rehearsal: dummies replace the values that no fact contains.
    pub is_rehearsal: bool,
    by_name: HashMap<(&'static str, &'a str), usize>,
    columns: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Around<'a> {
    pub fn new(facts: &'a [Fact], major: u32) -> Self {
        let by_name = facts.iter().enumerate().map(|(at, fact)| ((fact.kind.word, fact.name.as_str()), at)).collect();
        let mut columns: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, fact) in facts.iter().enumerate().filter(|(_, fact)| fact.kind.word == "column") {
            columns.entry(fact.holder()).or_default().push(at);
        }
        Self { facts, major, is_rehearsal: false, by_name, columns }
    }

    /// The facts for a database that is built for a rehearsal.
    pub fn rehearsal(facts: &'a [Fact], major: u32) -> Self {
        Self { is_rehearsal: true, ..Self::new(facts, major) }
    }

    /// The index of a fact.
    pub fn number(&self, kind: &'static str, name: &str) -> Option<usize> {
        self.by_name.get(&(kind, name)).copied()
    }

    pub fn find(&self, kind: &'static str, name: &str) -> Option<&'a Fact> {
        self.number(kind, name).map(|at| &self.facts[at])
    }

    pub fn columns(&self, table: &str) -> impl Iterator<Item = &'a Fact> + '_ {
        self.columns.get(table).into_iter().flatten().map(|&at| &self.facts[at])
    }

    pub fn is_view(&self, name: &str) -> bool {
        self.find("view", name).is_some()
    }

    pub fn is_type(&self, name: &str) -> bool {
        self.find("type", name).is_some()
    }

    pub fn is_foreign(&self, table: &str) -> bool {
        self.find("table", table).is_some_and(|table| table.get("server").is_some())
    }

    pub fn is_partitioned(&self, table: &str) -> bool {
        self.find("table", table).is_some_and(|table| table.get("partition by").is_some())
    }

    pub fn is_partition(&self, table: &str) -> bool {
        self.find("table", table).is_some_and(|table| table.get("of").is_some())
    }

    /// The tables from which a table inherits its columns.
    pub fn parents(&self, table: &str) -> BTreeSet<String> {
        let Some(table) = self.find("table", table) else { return BTreeSet::new() };
        list(table.get("inherits")).into_iter().chain(table.text("of").map(str::to_owned)).collect()
    }
}
