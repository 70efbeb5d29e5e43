//! The graph of an Alembic chain: revisions, their parents, their heads. Pure.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet};
use std::path::PathBuf;

use super::problem::Problem;

/// A revision as described in its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    pub id: String,
    /// The first line of its docstring.
    pub title: Option<String>,
    /// The path below the folder of versions; `line` is the one that sets its parents.
    pub file: String,
    /// The path of the file.
    pub path: PathBuf,
    pub line: usize,
    /// `down_revision`: its parents. Only these determine the heads.
    pub down: Vec<String>,
    /// `depends_on`: further revisions that have to be applied.
    pub depends: Vec<String>,
    pub labels: Vec<String>,
    /// True if it may commit before its end: a second run may then find a half of the first one.
    pub may_commit: bool,
}

/// The allowed number of heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    One,
    Many,
}

/// The meaning of a row of the tool's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// It names the newest revision of a branch, and includes all its ancestors.
    Newest,
    /// It names one revision, and no other.
    Each,
}

/// Revisions in an order in which each follows its parents. Never empty.
#[derive(Debug)]
pub struct Graph {
    pub rows: Rows,
    revisions: Vec<Revision>,
    /// The parents of both kinds, one list for each revision.
    parents: Vec<Vec<usize>>,
    heads: Vec<usize>,
    by_id: HashMap<String, usize>,
    /// The revisions by their labels.
    labelled: HashMap<String, usize>,
}

impl Graph {
    /// Orders revisions by their parents.
    ///
    /// # Errors
    /// All errors that keep them from being a chain, at once.
    pub fn new(mut revisions: Vec<Revision>, heads: Heads) -> Result<Self, Vec<Problem>> {
        revisions.sort_by(|a, b| a.file.cmp(&b.file));
        let names = Names::new(&revisions);
        let mut problems = names.duplicates(&revisions);
        let (downs, parents) = names.parents(&revisions, &mut problems);
        if revisions.is_empty() {
            problems.push(Problem::Empty);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let order = match in_order(&parents) {
            Ok(order) => order,
            Err(circle) => {
                let ids = circle.into_iter().map(|at| (revisions[at].id.clone(), revisions[at].file.clone())).collect();
                return Err(vec![Problem::Cycle(ids)]);
            }
        };
        let graph = Self::of(revisions, &downs, &parents, &order);
        match (heads, graph.heads.as_slice()) {
            (Heads::One, [_, _, ..]) => {
                let of = |at: &usize| (graph.revisions[*at].id.clone(), graph.revisions[*at].file.clone());
                Err(vec![Problem::Heads(graph.heads.iter().map(of).collect())])
            }
            _ => Ok(graph),
        }
    }

    fn of(revisions: Vec<Revision>, downs: &[Vec<usize>], parents: &[Vec<usize>], order: &[usize]) -> Self {
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(to, &from)| place[from] = to);
        let followed: HashSet<usize> = downs.iter().flatten().map(|&at| place[at]).collect();
        let mut old: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
        // Each index occurs in the order once.
        let revisions: Vec<Revision> = order.iter().filter_map(|&from| old[from].take()).collect();
        let parents = order.iter().map(|&from| parents[from].iter().map(|&at| place[at]).collect()).collect();
        let heads = (0..revisions.len()).filter(|at| !followed.contains(at)).collect();
        let by_id = revisions.iter().enumerate().map(|(at, revision)| (revision.id.clone(), at)).collect();
        let labels = revisions
            .iter()
            .enumerate()
            .flat_map(|(at, revision)| revision.labels.iter().map(move |label| (label.clone(), at)));
        let labelled = labels.collect();
        Self { rows: Rows::Newest, revisions, parents, heads, by_id, labelled }
    }

    /// A sequence of revisions, each after the previous one, for a tool that records each separately. Ids must be unique.
    ///
    /// # Errors
    /// The sequence is empty.
    pub fn line(revisions: Vec<Revision>) -> Result<Self, Vec<Problem>> {
        let mut before = Vec::new();
        let mut linked = Vec::with_capacity(revisions.len());
        for revision in revisions {
            let down = std::mem::replace(&mut before, vec![revision.id.clone()]);
            linked.push(Revision { down, ..revision });
        }
        Ok(Self { rows: Rows::Each, ..Self::new(linked, Heads::One)? })
    }

    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// The parents of a revision, of both kinds.
    pub fn parents(&self, at: usize) -> &[usize] {
        &self.parents[at]
    }

    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub fn heads(&self) -> &[usize] {
        &self.heads
    }

    /// The heads for display: sorted and joined by `+`.
    pub fn head(&self) -> String {
        self.shown(self.heads.iter().copied())
    }

    /// A set of revisions for display.
    pub fn shown(&self, set: impl Iterator<Item = usize>) -> String {
        let mut ids: Vec<&str> = set.map(|at| self.revisions[at].id.as_str()).collect();
        ids.sort_unstable();
        ids.join("+")
    }

    /// True for these revisions and for all their ancestors, through both kinds of parents.
    pub fn closed(&self, of: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut is_in = vec![false; self.revisions.len()];
        let mut open: Vec<usize> = of.into_iter().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut is_in[at], true) {
                open.extend(&self.parents[at]);
            }
        }
        is_in
    }

    /// The members of a closed set without a descendant in it: the content of the version table.
    pub fn maximal(&self, is_in: &[bool]) -> Vec<usize> {
        let within = (0..self.revisions.len()).filter(|&at| is_in[at]);
        let before: HashSet<usize> = within.clone().flat_map(|at| self.parents[at].iter().copied()).collect();
        within.filter(|at| !before.contains(at)).collect()
    }

    /// The revisions that a TARGET names: `head`, `heads`, an id, a prefix of one id, or a label.
    ///
    /// # Errors
    /// The reason why it names nothing, in a sentence.
    pub fn target(&self, text: &str) -> Result<Vec<usize>, String> {
        if text == "head" || text == "heads" {
            return Ok(self.heads.clone());
        }
        if self.rows == Rows::Each {
            return Err("the runner's command brings the database to head, and to no other revision".to_owned());
        }
        if let Some(at) = self.find(text).or_else(|| self.labelled.get(text).copied()) {
            return Ok(vec![at]);
        }
        if text.starts_with(['+', '-']) {
            return Err("an Alembic chain is no line to count along: name a revision".to_owned());
        }
        let matching: Vec<usize> =
            (0..self.revisions.len()).filter(|&at| self.revisions[at].id.starts_with(text)).collect();
        match matching.as_slice() {
            [] => Err(format!("the chain has no revision {text}")),
            [one] => Ok(vec![*one]),
            [first, second, ..] => {
                Err(format!("{text} is the start of {} and {}", self.revisions[*first].id, self.revisions[*second].id))
            }
        }
    }
}

/// The ids and labels that name revisions.
struct Names<'a> {
    ids: HashMap<&'a str, usize>,
    labels: HashMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    fn new(revisions: &'a [Revision]) -> Self {
        let ids = revisions.iter().enumerate().map(|(at, revision)| (revision.id.as_str(), at)).collect();
        let labels = revisions.iter().enumerate();
        let labels = labels.flat_map(|(at, revision)| revision.labels.iter().map(move |label| (label.as_str(), at)));
        Self { ids, labels: labels.collect() }
    }

    /// Ids and labels that occur in two files.
    fn duplicates(&self, revisions: &[Revision]) -> Vec<Problem> {
        let mut files: BTreeMap<(bool, &str), Vec<String>> = BTreeMap::new();
        for revision in revisions {
            files.entry((false, &revision.id)).or_default().push(revision.file.clone());
            for label in &revision.labels {
                files.entry((true, label)).or_default().push(revision.file.clone());
            }
        }
        for label in self.labels.keys().filter(|label| self.ids.contains_key(*label)) {
            files.entry((true, label)).or_default().push(revisions[self.ids[label]].file.clone());
        }
        let twice = files.into_iter().filter(|(_, files)| files.len() > 1);
        twice.map(|((is_label, name), files)| Problem::Twice { name: name.to_owned(), is_label, files }).collect()
    }

    /// The parents of `down_revision`, and those of both kinds. Alembic accepts only complete ids for the former, and also labels
    /// for `depends_on`.
    fn parents(&self, revisions: &[Revision], problems: &mut Vec<Problem>) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let mut resolve = |revision: &Revision, names: &[String], find: &dyn Fn(&str) -> Option<usize>| -> Vec<usize> {
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                match find(name) {
                    Some(at) => found.push(at),
                    None => problems.push(Problem::NoParent {
                        file: revision.file.clone(),
                        line: revision.line,
                        parent: name.clone(),
                    }),
                }
            }
            found
        };
        let id = |name: &str| self.ids.get(name).copied();
        let downs: Vec<Vec<usize>> = revisions.iter().map(|revision| resolve(revision, &revision.down, &id)).collect();
        let id_or_label = |name: &str| id(name).or_else(|| self.labels.get(name).copied());
        let parents = revisions.iter().zip(&downs).map(|(revision, down)| {
            let mut all = down.clone();
            all.extend(resolve(revision, &revision.depends, &id_or_label));
            all.sort_unstable();
            all.dedup();
            all
        });
        let parents = parents.collect();
        (downs, parents)
    }
}

/// An order in which each follows its parents; otherwise the members of a cycle.
fn in_order(parents: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut missing: Vec<usize> = parents.iter().map(Vec::len).collect();
    for (at, parents) in parents.iter().enumerate() {
        parents.iter().for_each(|&parent| children[parent].push(at));
    }
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..parents.len()).filter(|&at| missing[at] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(at);
        for &child in &children[at] {
            missing[child] -= 1;
            if missing[child] == 0 {
                ready.push(Reverse(child));
            }
        }
    }
    if order.len() == parents.len() { Ok(order) } else { Err(circle(parents, &missing)) }
}

/// One cycle among the revisions that the order leaves over: each of them has such a parent.
fn circle(parents: &[Vec<usize>], missing: &[usize]) -> Vec<usize> {
    let is_left = |at: &usize| missing[*at] > 0;
    let mut path: Vec<usize> = Vec::new();
    let mut next = (0..parents.len()).find(is_left);
    while let Some(at) = next {
        if let Some(start) = path.iter().position(|&seen| seen == at) {
            return path.split_off(start);
        }
        path.push(at);
        next = parents[at].iter().copied().find(is_left);
    }
    path
}

#[cfg(test)]
fn revision(id: &str, down: &[&str]) -> Revision {
    let down = down.iter().map(|id| (*id).to_owned()).collect();
    Revision { id: id.to_owned(), file: format!("{id}.py"), line: 1, down, ..Revision::default() }
}

#[cfg(test)]
impl Graph {
    /// A graph of ids with their parents, for tests.
    pub fn sketched(revisions: &[(&str, &[&str])], heads: Heads) -> Self {
        Self::new(revisions.iter().map(|(id, down)| revision(id, down)).collect(), heads).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(revisions: Vec<Revision>) -> Vec<String> {
        let found = Graph::new(revisions, Heads::One).err().unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_merge_stands_behind_both_branches_and_is_the_head() {
        let revisions =
            vec![revision("m", &["b", "c"]), revision("c", &["a"]), revision("b", &["a"]), revision("a", &[])];
        let graph = Graph::new(revisions, Heads::One).unwrap();
        let ids: Vec<&str> = graph.revisions().iter().map(|revision| revision.id.as_str()).collect();
        assert_eq!((ids.as_slice(), graph.head().as_str()), (["a", "b", "c", "m"].as_slice(), "m"));
        let half = graph.closed([graph.find("b").unwrap(), graph.find("c").unwrap()]);
        assert_eq!(graph.shown(graph.maximal(&half).into_iter()), "b+c");
    }

    #[test]
    fn heads_are_counted_by_down_revision_and_a_dependency_is_a_parent() {
        let mut other = revision("b", &[]);
        other.depends = vec!["first".to_owned()];
        let mut labelled = revision("a1", &[]);
        labelled.labels = vec!["first".to_owned()];
        let graph = Graph::new(vec![labelled, other], Heads::Many).unwrap();
        assert_eq!(graph.head(), "a1+b");
        assert_eq!(graph.closed([graph.find("b").unwrap()]), [true, true]);
        assert_eq!(graph.shown(graph.maximal(&[true, true]).into_iter()), "b");
    }

    #[test]
    fn every_problem_is_named_with_its_files() {
        assert_eq!(problems(vec![]), ["there is no revision"]);
        assert_eq!(
            problems(vec![revision("a", &[]), revision("b", &["x"])]),
            ["b.py:1: it follows x, which no file defines"]
        );
        assert_eq!(
            problems(vec![revision("a", &["b"]), revision("b", &["a"])]),
            ["revisions follow one another in a circle: a (a.py), b (b.py)"]
        );
        assert_eq!(
            problems(vec![revision("a", &[]), revision("b", &[])]),
            ["2 heads: a (a.py), b (b.py); `alembic merge -m \"merge\" a b` joins them"]
        );
        let mut twice = revision("a", &[]);
        twice.file = "z.py".to_owned();
        let said = problems(vec![revision("a", &[]), twice]);
        assert_eq!(said, ["revision a is in 2 files: a.py, z.py; Alembic would take the last one that it reads"]);
    }

    #[test]
    fn a_target_is_an_id_the_start_of_one_or_a_label() {
        let graph = Graph::new(vec![revision("abc", &[]), revision("abd", &["abc"])], Heads::One).unwrap();
        assert_eq!(graph.target("head"), Ok(vec![1]));
        assert_eq!(graph.target("abc"), Ok(vec![0]));
        assert_eq!(graph.target("ab"), Err("ab is the start of abc and abd".to_owned()));
        assert!(graph.target("x").is_err() && graph.target("+1").is_err());
    }
}
