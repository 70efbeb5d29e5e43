//! The chain: revisions, their order, their digest, and the ones that the history leaves pending. Pure.

pub mod checksum;
pub mod compiled;
pub mod digest;
pub mod directive;
pub mod hex;
mod holes;
mod mentions;
mod mismatch;
mod order;
mod recorded;
pub mod revision;
mod rows;
pub mod scan;
mod schemas;
pub mod status;
pub mod text;
mod tokens;
pub mod written;

pub use holes::{Hole, holes};
pub use mentions::mentions;
pub use order::{ChainProblem, order};
pub use revision::{Down, Id, Manner, Revision};
pub use rows::Rows;
pub use schemas::schemas;
pub use text::Text;
pub use written::Written;

use std::collections::HashSet;

use crate::config::Tool;

/// All revisions in order, from base to head. Never empty: [`order`] is the only constructor.
#[derive(Debug)]
pub struct Chain {
    revisions: Vec<Revision>,
    /// The indexes of each revision's parents.
    parents: Vec<Vec<usize>>,
    /// The indexes of all revisions, in the order of their ids as texts.
    by_id: Box<[usize]>,
    /// None means lockgate's own layout.
    layout: Option<Tool>,
}

impl Chain {
    /// The same chain, marked as read in another tool's layout.
    #[must_use]
    pub fn in_layout(self, tool: Tool) -> Self {
        Self { layout: Some(tool), ..self }
    }

    /// The tool in whose layout it was read; none means lockgate's own.
    pub fn layout(&self) -> Option<Tool> {
        self.layout
    }

    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    pub fn len(&self) -> usize {
        self.revisions.len()
    }

    pub fn is_empty(&self) -> bool {
        self.revisions.is_empty()
    }

    /// The last revision.
    pub fn head(&self) -> &Revision {
        &self.revisions[self.revisions.len() - 1]
    }

    /// These revisions and all their ancestors, in order.
    pub fn closed(&self, of: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut is_in = vec![false; self.len()];
        let mut open: Vec<usize> = of.into_iter().collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut is_in[at], true) {
                open.extend(&self.parents[at]);
            }
        }
        (0..self.len()).filter(|&at| is_in[at]).collect()
    }

    /// The members of a set without a successor in it, in order.
    pub fn maximal(&self, set: &[usize]) -> Vec<usize> {
        let followed: HashSet<usize> = set.iter().flat_map(|&at| self.parents[at].iter().copied()).collect();
        let mut maximal: Vec<usize> = set.iter().copied().filter(|at| !followed.contains(at)).collect();
        maximal.sort_unstable();
        maximal.dedup();
        maximal
    }

    /// The direct successors of a revision.
    pub fn children(&self, of: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.len()).filter(move |&at| self.parents[at].contains(&of))
    }

    /// True if a file declares that it was compiled from another tool's.
    pub fn is_compiled(&self) -> bool {
        self.revisions.iter().any(Revision::is_compiled)
    }

    /// The position of a revision, from 1: its depth.
    pub fn depth(&self, id: &str) -> Option<usize> {
        let found = self.by_id.binary_search_by(|&at| self.revisions[at].id.as_str().cmp(id));
        found.ok().map(|place| self.by_id[place] + 1)
    }

    /// The depth that a `TARGET` argument names: an id, an unambiguous prefix of one, `head`, `base`, `+N` or `-N` (relative to
    /// `current`, counted in revisions). 0 is base.
    ///
    /// # Errors
    /// The reason why it names nothing, in a sentence.
    pub fn target(&self, text: &str, current: usize) -> Result<usize, String> {
        if text == "head" {
            return Ok(self.len());
        }
        if text == "base" {
            return Ok(0);
        }
        if let Some(depth) = self.depth(text) {
            return Ok(depth);
        }
        if let Some(by) = text.strip_prefix('+') {
            let by: usize = by.parse().map_err(|_| format!("{text} is no number of revisions"))?;
            let depth = current + by;
            let beyond = || format!("{text} goes beyond head: {} of {} are applied", current, self.len());
            return if depth <= self.len() { Ok(depth) } else { Err(beyond()) };
        }
        if let Some(by) = text.strip_prefix('-') {
            let by: usize = by.parse().map_err(|_| format!("{text} is no number of revisions"))?;
            return current.checked_sub(by).ok_or_else(|| format!("{text} goes below base: {current} are applied"));
        }
        let matching: Vec<_> = self.revisions.iter().filter(|one| one.id.as_str().starts_with(text)).collect();
        match matching.as_slice() {
            [] => Err(format!("the chain has no revision {text}")),
            [one] => Ok(self.depth(one.id.as_str()).unwrap_or(0)),
            [first, second, ..] => Err(format!("{text} is the start of {} and {}", first.id, second.id)),
        }
    }
}
