//! The names in a directory, and the content of its files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::name;
use crate::chain::{Down, Id, Manner, Revision, checksum, directive};
use crate::failure::{is_hidden, text};
use crate::files::{Directory, FileError};
use crate::source::{Around, Problem, SourceError};

/// The largest script that is read, in bytes: its text is kept until it ran.
pub const LARGEST: u64 = 64 << 20;

/// A directory of another tool, without hidden files and documentation.
#[derive(Debug)]
pub struct Tree {
    path: PathBuf,
    directory: Directory,
    around: Arc<Around>,
    /// The names in byte order.
    names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    name: String,
    is_directory: bool,
}

/// The content of a file.
#[derive(Clone, Debug)]
pub struct Content {
    pub file: String,
    pub text: String,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub bytes: String,
}

/// The deepest nesting of folders.
const DEEPEST: usize = 16;

impl Tree {
    /// # Errors
    /// The directory cannot be read.
    pub fn open(path: &Path, around: &Arc<Around>) -> Result<Self, SourceError> {
        let unreadable = |source| SourceError::Directory { path: path.to_owned(), source };
        let directory = Directory::open(path).map_err(unreadable)?;
        let names = names(path).map_err(unreadable)?;
        Ok(Self { path: path.to_owned(), directory, around: Arc::clone(around), names })
    }

    pub fn around(&self) -> &Around {
        &self.around
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The `migrations` folder of a directory without scripts of its own, such as `prisma` and `supabase`.
    pub fn inner(&self) -> Option<Self> {
        let has_inner = self.folders().any(|name| name == "migrations") && !self.files().any(is_sql);
        has_inner.then(|| Self::open(&self.path.join("migrations"), &self.around).ok()).flatten()
    }

    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|name| !name.is_directory).map(|name| name.name.as_str())
    }

    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.names.iter().filter(|name| name.is_directory).map(|name| name.name.as_str())
    }

    pub fn has(&self, file: &str) -> bool {
        self.path.join(file).is_file()
    }

    /// The files here and in subfolders, as relative paths in byte order. A link to a folder is not followed: it may lead back.
    pub fn all_files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), 0)];
        while let Some((folder, depth)) = open.pop() {
            for Name { name, is_directory } in names(&self.path.join(&folder)).unwrap_or_default() {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if is_directory && self.path.join(&path).is_symlink() {
                    continue;
                }
                match is_directory {
                    true if depth < DEEPEST => open.push((path, depth + 1)),
                    true => {}
                    false => found.push(path),
                }
            }
        }
        found.sort();
        found
    }

    /// The content of a file; none if it has an error, which is added to `problems`.
    pub fn read(&self, file: &str, problems: &mut Vec<Problem>) -> Option<Content> {
        let name = || text::line(file).into_owned();
        if file.chars().any(|c| is_hidden(c) || c == char::REPLACEMENT_CHARACTER) {
            let why = "the name holds a character that cannot be seen, or is not UTF-8".to_owned();
            problems.push(Problem::Name { file: name(), why });
            return None;
        }
        match self.content(file) {
            Ok(content) => {
                let bytes = checksum::bytes_digest(&content);
                match String::from_utf8(content) {
                    Ok(text) => return Some(Content { file: file.to_owned(), text, bytes }),
                    Err(error) => {
                        problems.push(Problem::NotUtf8 { file: name(), at: error.utf8_error().valid_up_to() + 1 });
                    }
                }
            }
            Err(source) => problems.push(Problem::Unreadable { file: name(), source }),
        }
        None
    }

    /// The tool's settings in a folder, `.` or `..`, if they are there.
    pub fn settings(&self, folder: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Content> {
        let place = self.path.join(folder);
        if !place.join(file).is_file() {
            return None;
        }
        match Self::open(&place, &self.around) {
            Ok(tree) => tree.read(file, problems),
            Err(_) => None,
        }
    }

    fn content(&self, file: &str) -> Result<Vec<u8>, FileError> {
        self.directory.read(file, LARGEST)
    }

    /// The down script in a separate file, if there is one.
    pub fn down(&self, file: String, problems: &mut Vec<Problem>) -> Option<Box<Down>> {
        let content = self.read(&file, problems)?;
        Some(Down::new(file, Some(content.text.into())))
    }
}

fn names(path: &Path) -> std::io::Result<Vec<Name>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name::is_ignored(&name) {
            continue;
        }
        let kind = entry.file_type()?;
        let is_directory = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
        names.push(Name { name, is_directory });
    }
    names.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(names)
}

pub fn is_sql(name: &str) -> bool {
    name.ends_with(".sql")
}

/// A revision from a tool's files. Errors of its id or its directives are added to `problems`.
pub fn revision(id: &str, description: &str, content: Content, problems: &mut Vec<Problem>) -> Revision {
    let Content { file, text, bytes } = content;
    if matches!(id, "head" | "base") || id.starts_with(['+', '-']) {
        let why = format!("{id} is a word of the TARGET argument, and no id");
        problems.push(Problem::Name { file: file.clone(), why });
    }
    match directive::read(&text) {
        Ok(directives) if directives.file.after.is_some() || directives.file.id.is_some() => {
            let message =
                "`lockgate:after` or `lockgate:id` in the layout of another tool, whose order and ids stand".to_owned();
            problems.push(Problem::Line { file: file.clone(), line: 1, message });
        }
        Ok(_) => {}
        Err(errors) => problems.extend(errors.into_iter().map(|error| Problem::Line {
            file: file.clone(),
            line: error.line,
            message: error.message,
        })),
    }
    let description = description.replace('_', " ");
    let (id, manner) = (Id::new(id), Manner::default());
    Revision { id, description, file, text: text.into(), bytes, after: None, down: None, manner, moment: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_that_lead_back_are_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("more")).unwrap();
        fs::write(directory.path().join("more/V1__a.sql"), "").unwrap();
        for name in ["a", "b", "more/c"] {
            symlink(directory.path(), directory.path().join(name)).unwrap();
        }
        assert_eq!(Tree::open(directory.path(), &Arc::default()).unwrap().all_files(), ["more/V1__a.sql"]);
    }
}
