//! lockgate's own layout: `ID_NAME.sql`, with `ID_NAME.down.sql` beside it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::name::{self, FileName};
use super::tree::LARGEST;
use super::{foreign, large, marks};
use crate::chain::compiled::{Class, Source, UNREAD};
use crate::chain::{Down, Id, Manner, Revision, checksum, directive, scan};
use crate::failure::text;
use crate::files::{self, Directory, FileError};
use crate::source::{Problem, SourceError, open};

/// Reads the revisions of a directory, and their errors, without parsing the scripts; `listed` receives their number before they
/// are read.
///
/// # Errors
/// The directory cannot be read.
pub fn read(directory: &Path, listed: impl FnOnce(usize)) -> Result<(Vec<Revision>, Vec<Problem>), SourceError> {
    let listing =
        Listing::read(directory).map_err(|source| SourceError::Directory { path: directory.to_owned(), source })?;
    listed(listing.ups.len());
    let mut problems = listing.problems;
    let mut revisions = Vec::with_capacity(listing.ups.len());
    let opened = Place { directory: &Arc::new(open(directory)?), around: &directory.join("..") };
    for read in read_all(opened, &listing.ups, &listing.downs) {
        match read {
            Ok(revision) => revisions.push(revision),
            Err(found) => problems.extend(found),
        }
    }
    problems.extend(without_revision(&listing.downs, &revisions, directory));
    problems.extend(unnumbered(&revisions));
    Ok((revisions, problems))
}

/// Down scripts without an up script. Those of golang-migrate and sqlx are reported already.
fn without_revision(downs: &Downs, revisions: &[Revision], directory: &Path) -> Vec<Problem> {
    let files: HashSet<&str> = revisions.iter().map(|revision| revision.file.as_str()).collect();
    let is_there = |file: &str| directory.join(file).exists();
    let alone = downs.iter().filter(|(up, down)| {
        !files.contains(up.as_str()) && !is_there(up) && !is_there(&down.replace(".down.sql", ".up.sql"))
    });
    alone.map(|(up, down)| Problem::DownAlone { file: down.clone(), up: up.clone() }).collect()
}

/// Scripts without a number beside numbered ones, whose names show that they are not revisions.
fn unnumbered(revisions: &[Revision]) -> Vec<Problem> {
    if !revisions.iter().any(|revision| revision.id.is_number()) {
        return Vec::new();
    }
    let out =
        "and no revision: move it out of the chain's directory, or say with `-- lockgate:after ID` what it comes after";
    let without = revisions.iter().filter(|revision| revision.after.is_none());
    let named = without.filter_map(|revision| Some((&revision.file, foreign::unnumbered(&revision.file)?)));
    named.map(|(file, what)| Problem::Name { file: file.clone(), why: format!("{what}, {out}") }).collect()
}

#[derive(Default)]
struct Listing {
    ups: Vec<(String, FileName)>,
    /// The down script's file by the up script's.
    downs: Downs,
    problems: Vec<Problem>,
}

impl Listing {
    fn read(directory: &Path) -> io::Result<Self> {
        let mut listing = Self::default();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let file = entry.file_name().to_string_lossy().into_owned();
            if name::is_ignored(&file) {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let why = foreign::directory(&entry.path(), &file);
                listing.problems.push(Problem::Name { file, why });
                continue;
            }
            // A link is checked when it is read.
            if let Some(other) = other_kind(kind) {
                listing.problems.push(Problem::Unreadable { file, source: FileError::Kind(other) });
                continue;
            }
            match name::parse(&file) {
                Ok(FileName::Up { id, description }) => listing.ups.push((file, FileName::Up { id, description })),
                Ok(FileName::Down { up }) => {
                    listing.downs.insert(up, file);
                }
                Err(why) => listing.problems.push(Problem::Name { file: text::line(&file).into_owned(), why }),
            }
        }
        listing.ups.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(listing)
    }
}

fn other_kind(kind: fs::FileType) -> Option<&'static str> {
    match () {
        () if kind.is_fifo() => Some("a pipe"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_char_device() || kind.is_block_device() => Some("a device"),
        () => None,
    }
}

type Downs = std::collections::BTreeMap<String, String>;
type Read = Result<Revision, Vec<Problem>>;

/// The number of files from which two threads share them: a start waits for the last one.
const MANY: usize = 200;

/// The place of the scripts.
#[derive(Clone, Copy)]
struct Place<'a> {
    directory: &'a Arc<Directory>,
    /// The parent directory.
    around: &'a Path,
}

/// Every revision, in the order of the list.
fn read_all(place: Place<'_>, ups: &[(String, FileName)], downs: &Downs) -> Vec<Read> {
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut read = Vec::with_capacity(ups.len());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((file, name)) = ups.get(at) else { return read };
            read.push((at, revision(place, file.clone(), name.clone(), downs)));
        }
    };
    let mut read = thread::scope(|scope| {
        // Without a second thread (a limit on processes) the first one reads them all.
        let second = (ups.len() >= MANY).then(|| thread::Builder::new().spawn_scoped(scope, read_some).ok()).flatten();
        let mut read = read_some();
        match second.map(thread::ScopedJoinHandle::join) {
            Some(Ok(more)) => read.extend(more),
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => {}
        }
        read
    });
    read.sort_unstable_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, read)| read).collect()
}

/// Compares a compiled script with its source file, if that is present.
fn compiled_of(source: &Source, around: &Path) -> Result<(), String> {
    let Source { path, .. } = source;
    match files::plain(&around.join(path), LARGEST) {
        Ok(content) if source.is_of(&content) => Ok(()),
        Ok(_) => Err(format!("compiled from another text of {path}: `lockgate import alembic` compiles it again")),
        Err(FileError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("compiled from {path}, which cannot be read: {error}")),
    }
}

fn revision(place: Place<'_>, file: String, name: FileName, downs: &Downs) -> Read {
    let FileName::Up { id, description } = name else { return Err(Vec::new()) };
    let found = match place.directory.find(&file, LARGEST) {
        Ok(found) => found,
        Err(source) => return Err(vec![Problem::Unreadable { file, source }]),
    };
    let down = downs.get(&file).map(|file| Down::new(file, None));
    match large::left_in_its_file(place.directory, &file, &found) {
        Ok(None) => {}
        Ok(Some((text, bytes))) => {
            let (id, manner) = (Id::new(id), Manner::default());
            return Ok(Revision { id, description, file, text, bytes, after: None, down, manner, moment: None });
        }
        Err(source) => return Err(vec![Problem::Unreadable { file, source }]),
    }
    let content = match found.content() {
        Ok(content) => content,
        Err(source) => return Err(vec![Problem::Unreadable { file, source }]),
    };
    let bytes = checksum::bytes_digest(&content);
    let text = match String::from_utf8(content) {
        Ok(text) => text,
        Err(error) => return Err(vec![Problem::NotUtf8 { file, at: error.utf8_error().valid_up_to() + 1 }]),
    };
    if text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Err(vec![Problem::Empty { file }]);
    }
    if let Some(mark) = marks::find(&text) {
        return Err(vec![Problem::Marked { file, mark }]);
    }
    let directives = match directive::read(&text) {
        Ok(directives) => directives,
        Err(errors) => {
            let problem = |error: directive::DirectiveError| Problem::Line {
                file: file.clone(),
                line: error.line,
                message: error.message,
            };
            return Err(errors.into_iter().map(problem).collect());
        }
    };
    if let Some(source) = &directives.file.from {
        compiled_of(source, place.around).map_err(|why| vec![Problem::Name { file: file.clone(), why }])?;
    }
    let mut text = text;
    if directives.file.trace == Some(Class::Runner) {
        if scan::scan(&text)
            .any(|piece| piece.kind.is_code() && !matches!(&text[piece.range.clone()], ";" | "\u{feff}"))
        {
            let why = "Alembic itself runs what is under `lockgate:trace runner`: leave the statements out".to_owned();
            return Err(vec![Problem::Name { file, why }]);
        }
        text.push('\n');
        text.push_str(UNREAD);
    }
    let after = directives.file.after.map(|ids| ids.into_iter().map(Id::new).collect());
    Ok(Revision {
        id: Id::new(directives.file.id.unwrap_or(id)),
        description,
        file,
        text: text.into(),
        bytes,
        after,
        down,
        manner: Manner::default(),
        moment: None,
    })
}
