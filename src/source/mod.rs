//! Reads a directory as a chain.

mod around;
mod layout;
mod problem;
mod python;
mod timestamp;

use std::path::Path;
use std::sync::Arc;

pub use around::{Around, Names};
pub use layout::{Fresh, SNAPSHOT, file_words, template};
pub use problem::{Problem, SourceError};
pub use timestamp::timestamp;

use crate::alembic::{AlembicError, Graph};
use crate::chain::{self, Chain, Down, Revision, Text};
use crate::config::{Config, Layout, Tool};
use crate::files::Directory;
use layout::tree::Tree;
use layout::{LARGEST, marks, native};

/// Reads the revisions of a directory and orders them, without parsing the scripts.
///
/// # Errors
/// All errors of the files and their order, at once.
pub fn read(directory: &Path, layout: Layout) -> Result<Chain, SourceError> {
    read_around(directory, layout, Around::default())
}

/// The same with given values for the scripts.
///
/// # Errors
/// As [`read`].
pub fn read_around(directory: &Path, layout: Layout, around: Around) -> Result<Chain, SourceError> {
    any((directory, layout, around), || Ok(None), |_| ()).map(|(chain, _)| chain)
}

/// Reads the chain of a configuration: its tool puts in values of this process's environment.
///
/// # Errors
/// As [`read`].
pub fn of(config: &Config) -> Result<Chain, SourceError> {
    read_beside(config, || Ok(None), |_| ()).map(|(chain, _)| chain)
}

/// The same; `listed` receives the number of scripts, if it is known before they are read. Scripts that were compiled from an
/// Alembic project are joined with its graph, if that is present: its revisions without a script become part of the chain.
///
/// # Errors
/// As [`read`], for both.
pub fn read_beside(
    config: &Config,
    project: impl FnOnce() -> Result<Option<Graph>, AlembicError>,
    listed: impl FnOnce(usize),
) -> Result<(Chain, Option<Graph>), SourceError> {
    let around = Around::process(&config.database);
    any((&config.chain.migrations, config.chain.layout, around), project, listed)
}

fn any(
    (directory, layout, around): (&Path, Layout, Around),
    project: impl FnOnce() -> Result<Option<Graph>, AlembicError>,
    listed: impl FnOnce(usize),
) -> Result<(Chain, Option<Graph>), SourceError> {
    let around = Arc::new(around);
    let alone = |chain: Chain| (chain, None);
    match layout {
        Layout::Tool(tool) => {
            let tree = Tree::open(directory, &around)?;
            let inner = tree.inner().filter(|inner| layout::of(tool).claims(inner) && !layout::of(tool).claims(&tree));
            told(of_tool(inner.as_ref().unwrap_or(&tree), tool)?, listed).map(alone)
        }
        Layout::Auto => {
            let tree = Tree::open(directory, &around)?;
            if let Some(tool) = layout::claimed(&tree)? {
                return told(of_tool(&tree, tool)?, listed).map(alone);
            }
            if let Some(inner) = tree.inner()
                && let Some(tool) = layout::claimed(&inner)?
            {
                return told(of_tool(&inner, tool)?, listed).map(alone);
            }
            let (revisions, problems) = native::read(directory, listed)?;
            match layout::marked(&problems, revisions.len()) {
                Some(tool) => of_tool(&tree, tool).map(alone),
                None => match layout::nearly(&tree, problems.len()) {
                    Some((tool, ours)) => {
                        let path = directory.to_owned();
                        Err(SourceError::Mixed { path, problems: in_order(problems), tool, ours })
                    }
                    None => native_chain(directory, (revisions, problems), project),
                },
            }
        }
        // The revisions of these are not SQL files: reading them here reports their errors as such.
        Layout::Native | Layout::Alembic | Layout::Program(_) => {
            native_chain(directory, native::read(directory, listed)?, project)
        }
    }
}

fn native_chain(
    directory: &Path,
    (revisions, mut problems): (Vec<Revision>, Vec<Problem>),
    project: impl FnOnce() -> Result<Option<Graph>, AlembicError>,
) -> Result<(Chain, Option<Graph>), SourceError> {
    let is_compiled = problems.is_empty() && revisions.iter().any(Revision::is_compiled);
    let graph = if is_compiled { project()? } else { None };
    let revisions = match &graph {
        Some(graph) => python::joined(revisions, graph, &mut problems),
        None => revisions,
    };
    Ok((ordered(directory, revisions, problems)?, graph))
}

/// The initial question needs the length, so one round trip suffices at head.
fn told(chain: Chain, listed: impl FnOnce(usize)) -> Result<Chain, SourceError> {
    listed(chain.len());
    Ok(chain)
}

fn of_tool(tree: &Tree, tool: Tool) -> Result<Chain, SourceError> {
    let mut problems = Vec::new();
    let mut revisions = layout::of(tool).revisions(tree, &mut problems);
    // Each follows the previous one in the tool's order.
    let ids: Vec<_> = revisions.iter().map(|revision| revision.id.clone()).collect();
    for (at, revision) in revisions.iter_mut().enumerate() {
        revision.after = Some(ids[..at].last().cloned().into_iter().collect());
    }
    ordered(tree.path(), revisions, problems).map(|chain| chain.in_layout(tool))
}

fn ordered(directory: &Path, revisions: Vec<Revision>, problems: Vec<Problem>) -> Result<Chain, SourceError> {
    let refused = |problems| SourceError::Refused { path: directory.to_owned(), problems };
    // An unreadable revision would be reported as a missing parent, so read errors come first.
    if !problems.is_empty() {
        return Err(refused(in_order(problems)));
    }
    chain::order(revisions).map_err(|found| refused(found.into_iter().map(Problem::Order).collect()))
}

fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(ToString::to_string);
    problems
}

fn open(directory: &Path) -> Result<Directory, SourceError> {
    let unreadable = |source| SourceError::Directory { path: directory.to_owned(), source };
    Directory::open(directory).map_err(unreadable)
}

/// A comment by which another tool recognizes a script as its own, and its line, from 1.
pub fn mark(script: &str) -> Option<(usize, String)> {
    marks::find(script).map(|mark| (mark.line, mark.text))
}

/// Reads the down script of a revision.
///
/// # Errors
/// The file is unreadable, not UTF-8, or another tool's.
pub fn read_down(directory: &Path, down: &Down) -> Result<Text, SourceError> {
    if let Some(text) = &down.text {
        return Ok(text.clone());
    }
    let refused = |problem| SourceError::Refused { path: directory.to_owned(), problems: vec![problem] };
    let file = down.file.clone();
    let content = match open(directory)?.read(&file, LARGEST) {
        Ok(content) => content,
        Err(source) => return Err(refused(Problem::Unreadable { file, source })),
    };
    match String::from_utf8(content) {
        Err(error) => Err(refused(Problem::NotUtf8 { file, at: error.utf8_error().valid_up_to() + 1 })),
        Ok(text) => match marks::find(&text) {
            Some(mark) => Err(refused(Problem::Marked { file, mark })),
            None => Ok(text.into()),
        },
    }
}
