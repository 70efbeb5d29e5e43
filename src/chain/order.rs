//! Orders revisions into one chain from one base to one head.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use super::{Chain, Id, Revision};

/// The reason why revisions are not a chain. `Display` is one line that names the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainProblem {
    Empty,
    Duplicate { id: Id, files: Vec<String> },
    MissingParent { file: String, parent: Id },
    OwnParent { file: String },
    Cycle { files: Vec<String> },
    Bases { files: Vec<String> },
    Heads { files: Vec<String> },
}

impl fmt::Display for ChainProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no revision: name the first one 0001_NAME.sql"),
            Self::Duplicate { id, files } => write!(f, "{}: the id {id} is used more than once", files.join(", ")),
            Self::MissingParent { file, parent } => {
                write!(f, "{file}: lockgate:after names {parent}, which is not there")
            }
            Self::OwnParent { file } => write!(f, "{file}: lockgate:after names the revision itself"),
            Self::Cycle { files } => {
                write!(f, "{}: each comes after another of them, so none can be first", files.join(", "))
            }
            Self::Bases { files } => write!(
                f,
                "{}: more than one base; say with `-- lockgate:after ID` what each but one comes after",
                files.join(", ")
            ),
            Self::Heads { files } => write!(
                f,
                "{}: more than one head; put one after the other, or add a revision with `-- lockgate:after` that names all",
                files.join(", ")
            ),
        }
    }
}

/// Orders by parents, and by id among equals.
///
/// # Errors
/// All errors that keep the revisions from being one chain.
pub fn order(revisions: Vec<Revision>) -> Result<Chain, Vec<ChainProblem>> {
    if revisions.is_empty() {
        return Err(vec![ChainProblem::Empty]);
    }
    let mut problems = duplicates(&revisions);
    if !problems.is_empty() {
        return Err(problems);
    }
    let parents = parents(&revisions, &mut problems);
    let sorted = sort(&revisions, &parents);
    if sorted.len() < revisions.len() {
        let placed: BTreeSet<usize> = sorted.iter().copied().collect();
        let in_cycle = (0..revisions.len()).filter(|at| !placed.contains(at));
        let mut files = files(&revisions, in_cycle.filter(|&at| problem_free(&revisions[at], &problems)));
        files.sort();
        if !files.is_empty() {
            problems.push(ChainProblem::Cycle { files });
        }
    }
    problems.extend(ends(&revisions, &parents, &problems));
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut place = vec![0; sorted.len()];
    sorted.iter().enumerate().for_each(|(to, &from)| place[from] = to);
    let parents = sorted.iter().map(|&from| parents[from].iter().map(|&at| place[at]).collect()).collect();
    let revisions = arrange(revisions, &sorted);
    let mut by_id: Box<[usize]> = (0..revisions.len()).collect();
    by_id.sort_unstable_by_key(|&at| revisions[at].id.as_str());
    Ok(Chain { revisions, parents, by_id, layout: None })
}

fn files(revisions: &[Revision], which: impl Iterator<Item = usize>) -> Vec<String> {
    which.map(|at| revisions[at].file.clone()).collect()
}

fn problem_free(revision: &Revision, problems: &[ChainProblem]) -> bool {
    !problems.iter().any(|problem| match problem {
        ChainProblem::MissingParent { file, .. } | ChainProblem::OwnParent { file } => *file == revision.file,
        _ => false,
    })
}

/// Duplicate ids: `7` and `0007` are the same number and so the same id.
fn duplicates(revisions: &[Revision]) -> Vec<ChainProblem> {
    let mut by_id: HashMap<&str, Vec<&Revision>> = HashMap::new();
    for revision in revisions {
        by_id.entry(revision.id.number().unwrap_or(revision.id.as_str())).or_default().push(revision);
    }
    let mut problems: Vec<_> = by_id
        .into_values()
        .filter(|same| same.len() > 1)
        .map(|same| {
            let mut files: Vec<_> = same.iter().map(|revision| revision.file.clone()).collect();
            files.sort();
            (same[0].id.clone(), files)
        })
        .collect();
    problems.sort();
    problems.into_iter().map(|(id, files)| ChainProblem::Duplicate { id, files }).collect()
}

/// The parents of each revision, as indexes.
fn parents(revisions: &[Revision], problems: &mut Vec<ChainProblem>) -> Vec<Vec<usize>> {
    let by_id: HashMap<&str, usize> =
        revisions.iter().enumerate().map(|(at, revision)| (revision.id.as_str(), at)).collect();
    let mut numbers: Vec<usize> = (0..revisions.len()).filter(|&at| revisions[at].id.is_number()).collect();
    numbers.sort_by(|&a, &b| revisions[a].id.cmp(&revisions[b].id));
    let before: HashMap<usize, usize> = numbers.windows(2).map(|pair| (pair[1], pair[0])).collect();
    let mut parents = Vec::with_capacity(revisions.len());
    for (at, revision) in revisions.iter().enumerate() {
        let Some(after) = &revision.after else {
            parents.push(before.get(&at).copied().into_iter().collect());
            continue;
        };
        let mut found = Vec::new();
        for parent in after {
            match by_id.get(parent.as_str()) {
                Some(&parent) if parent == at => {
                    problems.push(ChainProblem::OwnParent { file: revision.file.clone() });
                }
                Some(&parent) => found.push(parent),
                None => {
                    problems.push(ChainProblem::MissingParent { file: revision.file.clone(), parent: parent.clone() })
                }
            }
        }
        parents.push(found);
    }
    parents
}

fn sort(revisions: &[Revision], parents: &[Vec<usize>]) -> Vec<usize> {
    let mut children = vec![Vec::new(); revisions.len()];
    let mut open = vec![0_usize; revisions.len()];
    for (at, above) in parents.iter().enumerate() {
        let distinct: BTreeSet<_> = above.iter().copied().collect();
        open[at] = distinct.len();
        for parent in distinct {
            children[parent].push(at);
        }
    }
    let mut ready: BTreeSet<(&Id, usize)> =
        (0..revisions.len()).filter(|&at| open[at] == 0).map(|at| (&revisions[at].id, at)).collect();
    let mut sorted = Vec::with_capacity(revisions.len());
    while let Some((_, at)) = ready.pop_first() {
        sorted.push(at);
        for &child in &children[at] {
            open[child] -= 1;
            if open[child] == 0 {
                ready.insert((&revisions[child].id, child));
            }
        }
    }
    sorted
}

/// More than one base or head. A revision with a missing parent is not a base: that is reported already.
fn ends(revisions: &[Revision], parents: &[Vec<usize>], problems: &[ChainProblem]) -> Vec<ChainProblem> {
    let mut found = Vec::new();
    let is_parent: BTreeSet<usize> = parents.iter().flatten().copied().collect();
    let bases = (0..revisions.len()).filter(|&at| parents[at].is_empty() && problem_free(&revisions[at], problems));
    let mut bases = files(revisions, bases);
    if bases.len() > 1 {
        bases.sort();
        found.push(ChainProblem::Bases { files: bases });
    }
    let mut heads = files(revisions, (0..revisions.len()).filter(|at| !is_parent.contains(at)));
    if heads.len() > 1 {
        heads.sort();
        found.push(ChainProblem::Heads { files: heads });
    }
    found
}

fn arrange(revisions: Vec<Revision>, sorted: &[usize]) -> Vec<Revision> {
    let mut slots: Vec<Option<Revision>> = revisions.into_iter().map(Some).collect();
    let mut arranged = Vec::with_capacity(sorted.len());
    arranged.extend(sorted.iter().filter_map(|&at| slots[at].take()));
    arranged
}

#[cfg(test)]
mod tests {
    use super::super::Manner;
    use super::*;

    /// `0001`, `b<a` (b after a), `c<a,b`.
    fn revision(text: &str) -> Revision {
        let (id, after) = text.split_once('<').map_or((text, None), |(id, after)| (id, Some(after)));
        Revision {
            id: Id::new(id),
            description: String::new(),
            file: format!("{id}_x.sql"),
            text: String::new().into(),
            bytes: String::new(),
            after: after.map(|after| after.split(',').map(Id::new).collect()),
            down: None,
            manner: Manner::default(),
            moment: None,
        }
    }

    fn ordered(texts: &[&str]) -> Result<Vec<String>, Vec<ChainProblem>> {
        order(texts.iter().map(|text| revision(text)).collect())
            .map(|chain| chain.revisions().iter().map(|revision| revision.id.to_string()).collect())
    }

    #[test]
    fn a_number_follows_the_number_before_it() {
        assert_eq!(ordered(&["10", "9", "0001"]).unwrap(), ["0001", "9", "10"]);
    }

    #[test]
    fn hashes_follow_what_they_name_and_merges_follow_all() {
        assert_eq!(ordered(&["m<a,b", "b<base", "a<base", "base"]).unwrap(), ["base", "a", "b", "m"]);
    }

    #[test]
    fn numbers_and_names_mix() {
        assert_eq!(ordered(&["1", "x<1", "2<x", "3"]).unwrap(), ["1", "x", "2", "3"]);
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let problems = ordered(&["1", "x<nowhere", "y<z", "z<y"]).unwrap_err();
        assert!(problems.iter().any(|problem| matches!(problem, ChainProblem::MissingParent { .. })));
        assert!(problems.iter().any(|problem| matches!(problem, ChainProblem::Cycle { files } if files.len() == 2)));
        assert!(problems.iter().any(|problem| matches!(problem, ChainProblem::Heads { .. })));
    }

    #[test]
    fn a_number_written_two_ways_is_a_duplicate() {
        assert!(matches!(&ordered(&["7", "0007"]).unwrap_err()[..], [ChainProblem::Duplicate { .. }]));
    }

    #[test]
    fn two_bases_and_two_heads_are_refused() {
        assert!(matches!(
            &ordered(&["a", "b"]).unwrap_err()[..],
            [ChainProblem::Bases { .. }, ChainProblem::Heads { .. }]
        ));
    }

    #[test]
    fn a_set_is_closed_by_its_parents_and_known_by_its_last() {
        let chain = order(["base", "a<base", "b<base", "m<a,b", "n<m"].map(revision).into()).unwrap();
        let at = |ids: &[&str]| -> Vec<usize> { ids.iter().map(|id| chain.depth(id).unwrap() - 1).collect() };
        assert_eq!(chain.closed(at(&["b"])), at(&["base", "b"]));
        assert_eq!(chain.closed(at(&["m"])), at(&["base", "a", "b", "m"]));
        assert_eq!(chain.maximal(&at(&["base", "a", "b"])), at(&["a", "b"]));
        assert_eq!(chain.maximal(&at(&["base", "a", "b", "m"])), at(&["m"]));
        assert_eq!(chain.children(at(&["a"])[0]).collect::<Vec<_>>(), at(&["m"]));
    }

    #[test]
    fn a_target_is_an_id_a_prefix_or_a_step() {
        let chain = order(["abc1", "abd2<abc1", "x3<abd2"].map(revision).into()).unwrap();
        for (text, depth) in [("head", 3), ("base", 0), ("abd2", 2), ("x", 3), ("+1", 2), ("-1", 0)] {
            assert_eq!(chain.target(text, 1), Ok(depth), "{text}");
        }
        for text in ["ab", "nope", "+9", "-2", "+x"] {
            assert!(chain.target(text, 1).is_err(), "{text}");
        }
    }
}
