//! The layouts of other tools: a file for each. A new one needs its file, its `mod`, and a line in `config::tools`.

mod atlas;
mod dbmate;
mod diesel;
mod drizzle;
mod fill;
mod flyway;
pub mod foreign;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod interface;
mod large;
mod lines;
pub mod marks;
pub mod name;
pub mod native;
mod node_pg_migrate;
mod prisma;
mod refinery;
mod sqlx;
mod supabase;
pub mod tree;

use super::{Problem, SourceError};
use crate::config::{Tool, tools};
pub use interface::{Fresh, Layout};
use name::FileName;
pub use name::{SNAPSHOT, file_words};
pub use tree::LARGEST;
use tree::Tree;

macro_rules! layouts {
    ($($tool:ident $module:ident $word:literal $name:literal $history:ident;)*) => {
        /// The layout of a tool.
        pub fn of(tool: Tool) -> &'static dyn Layout {
            match tool {
                $(Tool::$tool => &$module::$tool,)*
            }
        }
    };
}

tools!(layouts);

/// The tool that the names in a directory show. A tool that would ignore one of our revisions is not chosen: the chain's origin
/// is then ambiguous.
///
/// # Errors
/// They may belong to more than one tool.
pub fn claimed(tree: &Tree) -> Result<Option<Tool>, SourceError> {
    let native: Vec<&str> = tree.files().filter(|file| matches!(name::parse(file), Ok(FileName::Up { .. }))).collect();
    let is_its = |tool: &Tool| of(*tool).claims(tree) && !native.iter().any(|file| of(*tool).leaves_out(tree, file));
    let tools: Vec<Tool> = Tool::ALL.iter().copied().filter(is_its).collect();
    match tools.as_slice() {
        [] => Ok(None),
        [tool] => Ok(Some(*tool)),
        _ => Err(SourceError::Ambiguous { path: tree.path().to_owned(), tools }),
    }
}

/// The one tool to which the directory would belong without the files that it ignores and that may be ours, if these are fewer;
/// with those files.
pub fn nearly(tree: &Tree, problems: usize) -> Option<(Tool, Vec<String>)> {
    let native = tree.files().filter(|file| matches!(name::parse(file), Ok(FileName::Up { .. })));
    let ours: Vec<String> = native.map(str::to_owned).collect();
    let its: Vec<Tool> = Tool::ALL.iter().copied().filter(|tool| of(*tool).claims(tree)).collect();
    let left_out = |tool: Tool| ours.iter().filter(|file| of(tool).leaves_out(tree, file)).cloned().collect::<Vec<_>>();
    match its.as_slice() {
        [tool] if ours.len() < problems => Some((*tool, left_out(*tool))),
        _ => None,
    }
}

/// The tool whose comments most of the files contain; `others` is the number of files without any.
pub fn marked(problems: &[Problem], others: usize) -> Option<Tool> {
    let tools: Vec<Option<Tool>> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Marked { mark, .. } => Some(mark.layout),
            _ => None,
        })
        .collect();
    let first = (*tools.first()?)?;
    (tools.iter().all(|tool| *tool == Some(first)) && tools.len() >= others).then_some(first)
}

/// The files of the next revision of a chain in another tool's layout.
///
/// # Errors
/// As [`Layout::template`].
pub fn template(tool: Tool, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
    of(tool).template(fresh)
}
