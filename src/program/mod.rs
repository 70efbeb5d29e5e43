//! A chain whose revisions are another tool's programs. None is run or parsed: a list, or the names of the files, determines the
//! release's revisions, and the tool's history the applied ones.

mod list;
mod names;
mod problem;

pub use problem::{Problem, ProgramError};

use std::path::Path;

use crate::alembic::{Graph, Revision};
use crate::config::Program;
use crate::files::{self, FileError};

/// The largest list that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// Reads a list if the path is a file, otherwise the names in a directory.
///
/// # Errors
/// All errors that keep it from being a chain, at once.
pub fn read(path: &Path, program: Program) -> Result<Graph, ProgramError> {
    let mut problems = Vec::new();
    let mut revisions = if path.is_dir() {
        let rule = names::rule(program).ok_or_else(|| ProgramError::NotListed { path: path.to_owned(), program })?;
        names::read(path, &rule, &mut problems)?
    } else {
        let unreadable = |source: FileError| ProgramError::Unreadable { path: path.to_owned(), program, source };
        let text = files::plain(path, LARGEST).map_err(unreadable)?;
        list::read(&String::from_utf8_lossy(&text), program, &mut problems)
    };
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for revision in revisions.iter_mut().filter(|revision| revision.file.is_empty()) {
        revision.file.clone_from(&file);
    }
    twice(&revisions, &mut problems);
    if revisions.is_empty() && problems.is_empty() {
        problems.push(Problem::Empty);
    }
    let refused = |problems| ProgramError::Refused { path: path.to_owned(), program, problems };
    if !problems.is_empty() {
        return Err(refused(problems));
    }
    // A sequence of different ids has no other problem.
    Graph::line(revisions).map_err(|_| refused(vec![Problem::Empty]))
}

fn twice(revisions: &[Revision], problems: &mut Vec<Problem>) {
    let mut seen = std::collections::HashMap::new();
    for revision in revisions {
        let place = (revision.file.clone(), revision.line);
        if let Some((file, line)) = seen.insert(revision.id.as_str(), place) {
            let (first, second) = ((file, line), (revision.file.clone(), revision.line));
            problems.push(Problem::Twice { id: revision.id.clone(), first, second });
        }
    }
}
