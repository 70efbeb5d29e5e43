//! Reads the files of an Alembic project as a graph.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::coding;
use super::graph::{Graph, Heads, Revision};
use super::module::{Module, Value};
use super::problem::{AlembicError, Problem};
use super::project::Project;
use crate::files::Directory;

/// The largest revision file that is read, in bytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// True if Alembic takes a file of this name for a revision.
pub(super) fn is_revision(name: &str) -> bool {
    name.ends_with(".py") && !name.starts_with(".#") && !name.starts_with("__init__")
}

/// Reads every revision of a project without running any.
///
/// # Errors
/// All errors of the files and their order, at once.
pub fn read(project: &Project, heads: Heads) -> Result<Graph, AlembicError> {
    let mut problems = Vec::new();
    let mut revisions = Vec::new();
    // A file that is reached twice counts once: folders may be nested, and links lead anywhere.
    let mut seen = HashSet::new();
    if project.is_sourceless {
        problems.push(Problem::Sourceless);
    }
    for folder in &project.folders {
        let mut folders = vec![folder.clone()];
        while let Some(inner) = folders.pop() {
            let listing = Listing::read(&inner)?;
            if project.is_recursive {
                folders.extend(listing.folders);
            }
            let opened = Directory::open(&inner).map_err(|source| unreadable(&inner, source))?;
            for name in listing.files {
                let path = inner.join(&name);
                if !seen.insert(path.canonicalize().unwrap_or(path)) {
                    continue;
                }
                let shown = shown(folder, &inner, &name, project.folders.len() > 1);
                match revision(&opened, &name, shown) {
                    Ok(revision) => revisions.push(Revision { path: inner.join(&name), ..revision }),
                    Err(found) => problems.extend(found),
                }
            }
        }
    }
    let refused = |problems| AlembicError::Refused { path: project.path.clone(), problems };
    if !problems.is_empty() {
        problems.sort_by_key(ToString::to_string);
        return Err(refused(problems));
    }
    Graph::new(revisions, heads).map_err(refused)
}

fn unreadable(path: &Path, source: std::io::Error) -> AlembicError {
    AlembicError::Directory { path: path.to_owned(), source }
}

/// The displayed name of a file: its path below its folder, with the folder if there are several.
fn shown(folder: &Path, inner: &Path, name: &str, several: bool) -> String {
    let base = if several { folder.parent().unwrap_or(folder) } else { folder };
    inner.strip_prefix(base).unwrap_or(inner).join(name).to_string_lossy().into_owned()
}

#[derive(Default)]
struct Listing {
    files: Vec<String>,
    folders: Vec<PathBuf>,
}

impl Listing {
    fn read(directory: &Path) -> Result<Self, AlembicError> {
        let mut listing = Self::default();
        let read = || -> std::io::Result<()> {
            for entry in fs::read_dir(directory)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let is_folder = entry.file_type()?.is_dir();
                if is_folder && !name.ends_with("__pycache__") {
                    listing.folders.push(entry.path());
                } else if !is_folder && is_revision(&name) {
                    listing.files.push(name);
                }
            }
            Ok(())
        };
        let mut read = read;
        read().map_err(|source| unreadable(directory, source))?;
        listing.files.sort();
        Ok(listing)
    }
}

fn revision(directory: &Directory, name: &str, file: String) -> Result<Revision, Vec<Problem>> {
    let content = match directory.read(name, LARGEST) {
        Ok(content) => content,
        Err(source) => return Err(vec![Problem::Unreadable { file, source }]),
    };
    if content.contains(&0) {
        return Err(vec![Problem::NotPython { file }]);
    }
    let source = coding::decoded(&content);
    let module = Module::read(&source);
    let reader = Reader { module: &module, file: &file };
    let mut problems = Vec::new();
    let mut take = |found: Result<Vec<String>, Problem>| {
        found.unwrap_or_else(|problem| {
            problems.push(problem);
            Vec::new()
        })
    };
    let (down, depends) = (take(reader.down()), take(reader.ids("depends_on")));
    // A computed label does not affect the order.
    let labels = reader.ids("branch_labels").unwrap_or_default();
    let id = match reader.id(name) {
        Ok(id) => id,
        Err(problem) => {
            problems.insert(0, problem);
            return Err(problems);
        }
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let line = module.get("down_revision").or_else(|| module.get("revision")).map_or(1, |assigned| assigned.line);
    let may_commit = ["autocommit_block", "concurrently", "CONCURRENTLY"].iter().any(|word| source.contains(word));
    Ok(Revision {
        id,
        title: module.title.clone(),
        file,
        path: PathBuf::new(),
        line,
        down,
        depends,
        labels,
        may_commit,
    })
}

struct Reader<'a> {
    module: &'a Module,
    file: &'a str,
}

impl Reader<'_> {
    /// The revision's own id. If the file sets none, a name of hexadecimal digits is the id (Alembic 0.1).
    fn id(&self, name: &str) -> Result<String, Problem> {
        let Some(assigned) = self.module.get("revision") else {
            let stem = name.trim_end_matches(".py");
            let is_old = !stem.is_empty() && stem.bytes().all(|byte| matches!(byte, b'a'..=b'f' | b'0'..=b'9'));
            return if is_old { Ok(stem.to_owned()) } else { Err(Problem::NoRevision { file: self.file.to_owned() }) };
        };
        match &assigned.value {
            Ok(Value::Text(id)) if id.is_empty() => Err(self.kind("revision", assigned.line, "empty")),
            Ok(Value::Text(id)) if id.contains(char::REPLACEMENT_CHARACTER) => {
                Err(self.computed("revision", assigned.line, "is written in an encoding that lockgate does not know"))
            }
            Ok(Value::Text(id)) if matches!(id.as_str(), "base" | "head" | "heads") => {
                Err(self.kind("revision", assigned.line, "a word of Alembic's commands, and no id"))
            }
            Ok(Value::Text(id)) if id.contains(['@', '-', '+', ':']) => {
                Err(self.kind("revision", assigned.line, "not taken by Alembic: an id holds no @, -, + or :"))
            }
            Ok(Value::Text(id)) => Ok(id.clone()),
            Ok(Value::None) => Err(self.kind("revision", assigned.line, "None")),
            Ok(Value::Many(_)) => Err(self.kind("revision", assigned.line, "more than one id")),
            Err(why) => Err(self.computed("revision", assigned.line, why.word())),
        }
    }

    /// The parents; Alembic reads no file without `down_revision`.
    fn down(&self) -> Result<Vec<String>, Problem> {
        match self.module.get("down_revision") {
            Some(_) => self.ids("down_revision"),
            None if self.module.get("revision").is_some() => Err(Problem::NoDown { file: self.file.to_owned() }),
            None => Ok(Vec::new()),
        }
    }

    fn ids(&self, name: &'static str) -> Result<Vec<String>, Problem> {
        let Some(assigned) = self.module.get(name) else { return Ok(Vec::new()) };
        match &assigned.value {
            Ok(Value::None) => Ok(Vec::new()),
            Ok(Value::Text(id)) => Ok(vec![id.clone()]),
            Ok(Value::Many(ids)) => Ok(ids.clone()),
            Err(why) => Err(self.computed(name, assigned.line, why.word())),
        }
    }

    fn computed(&self, name: &'static str, line: usize, why: &'static str) -> Problem {
        Problem::Computed { file: self.file.to_owned(), line, name, why }
    }

    fn kind(&self, name: &'static str, line: usize, found: &'static str) -> Problem {
        Problem::Kind { file: self.file.to_owned(), line, name, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Coded;

    #[test]
    fn files_become_a_graph_and_every_problem_is_said_at_once() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
        write("__init__.py", "");
        write(".#x.py", "");
        write("a.py", "'''first'''\nrevision = 'a1'\ndown_revision = None\n");
        write("b.py", "revision = 'b1'\ndown_revision = 'a1'\nwith op.get_context().autocommit_block(): pass\n");
        write("abc123.py", "down_revision = 'b1'\n");
        let project = Project {
            path: directory.path().to_owned(),
            folders: vec![directory.path().to_owned()],
            is_recursive: false,
            is_sourceless: false,
            table: super::super::project::Table::default(),
        };
        let graph = read(&project, Heads::One).unwrap();
        assert_eq!(graph.head(), "abc123");
        let first = &graph.revisions()[0];
        assert_eq!((first.id.as_str(), first.title.as_deref(), first.may_commit), ("a1", Some("first"), false));
        assert!(graph.revisions()[1].may_commit);

        write("notes.py", "x = 1\n");
        write("d.py", "import x\nrevision = x.y\ndown_revision = f()\n");
        let error = read(&project, Heads::One).unwrap_err();
        let wanted = [
            "d.py:2: revision is computed, so it cannot be read without running the file: write it as a literal",
            "d.py:3: down_revision is computed, so it cannot be read without running the file: write it as a literal",
            "notes.py: it sets no revision: every .py file in this folder is one to Alembic",
        ];
        assert_eq!(error.details(), wanted);
    }
}
