//! A directory becomes a chain.

mod name;

use std::fs;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fs::{Mode, OFlags};

use crate::chain::{self, Chain, ChainProblem, Id, Revision, checksum, directive};
use crate::failure::{Code, Coded};
use name::FileName;

/// Why a directory is no chain.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("the chain's directory {} cannot be read", .path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error("the chain in {} is refused: {}", .path.display(), count(.problems.len()))]
    Refused { path: PathBuf, problems: Vec<Problem> },
}

fn count(problems: usize) -> String {
    if problems == 1 { "one problem".to_owned() } else { format!("{problems} problems") }
}

/// One reason. `Display` is a line that begins with the file's name.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("{file}: {why}")]
    Name { file: String, why: String },
    #[error("{file}: cannot be read: {source}")]
    Unreadable { file: String, source: io::Error },
    #[error("{file}: byte {at} is not UTF-8")]
    NotUtf8 { file: String, at: usize },
    #[error("{file}: the file is empty")]
    Empty { file: String },
    #[error("{file}:{line}: {message}")]
    Directive { file: String, line: usize, message: String },
    #[error("{file}: the way back has no revision: there is no {up}")]
    DownAlone { file: String, up: String },
    #[error("{0}")]
    Order(ChainProblem),
}

impl Coded for SourceError {
    fn code(&self) -> Code {
        match self {
            Self::Directory { .. } => Code::CHAIN_UNREADABLE,
            Self::Refused { .. } => Code::CHAIN_REFUSED,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Directory { .. } => Vec::new(),
            Self::Refused { problems, .. } => problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads the revisions of a directory and orders them. The scripts are not read as SQL.
///
/// # Errors
/// Everything that is wrong with the files and their order, at once.
pub fn read(directory: &Path) -> Result<Chain, SourceError> {
    read_telling(directory, |_| ())
}

/// The same; `listed` is told how many revisions there are before they are read.
///
/// # Errors
/// As [`read`].
pub fn read_telling(directory: &Path, listed: impl FnOnce(usize)) -> Result<Chain, SourceError> {
    let refused = |problems| SourceError::Refused { path: directory.to_owned(), problems };
    let listing =
        Listing::read(directory).map_err(|source| SourceError::Directory { path: directory.to_owned(), source })?;
    listed(listing.ups.len());
    let mut problems = listing.problems;
    let mut revisions = Vec::with_capacity(listing.ups.len());
    let unreadable =
        |source: rustix::io::Errno| SourceError::Directory { path: directory.to_owned(), source: source.into() };
    let opened = rustix::fs::open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    for read in read_all(&opened.map_err(unreadable)?, &listing.ups, &listing.downs) {
        match read {
            Ok(revision) => revisions.push(revision),
            Err(found) => problems.extend(found),
        }
    }
    for (up, down) in &listing.downs {
        if !revisions.iter().any(|revision| revision.file == *up) && !directory.join(up).exists() {
            problems.push(Problem::DownAlone { file: down.clone(), up: up.clone() });
        }
    }
    // What is missing because it could not be read would be reported as a missing parent: read errors come first.
    if !problems.is_empty() {
        problems.sort_by_key(ToString::to_string);
        return Err(refused(problems));
    }
    chain::order(revisions).map_err(|found| refused(found.into_iter().map(Problem::Order).collect()))
}

#[derive(Default)]
struct Listing {
    ups: Vec<(String, FileName)>,
    /// The up script's file name, and the way back's.
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
            if entry.file_type()?.is_dir() {
                let why = "a directory: only revisions belong here".to_owned();
                listing.problems.push(Problem::Name { file, why });
                continue;
            }
            match name::parse(&file) {
                Ok(FileName::Up { id, description }) => listing.ups.push((file, FileName::Up { id, description })),
                Ok(FileName::Down { up }) => {
                    listing.downs.insert(up, file);
                }
                Err(why) => listing.problems.push(Problem::Name { file, why }),
            }
        }
        listing.ups.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(listing)
    }
}

type Downs = std::collections::BTreeMap<String, String>;
type Read = Result<Revision, Vec<Problem>>;

/// Where there are this many files, two threads share them: a start waits for the last.
const MANY: usize = 200;

/// Every revision, in the order of the list.
fn read_all(directory: &OwnedFd, ups: &[(String, FileName)], downs: &Downs) -> Vec<Read> {
    let next = AtomicUsize::new(0);
    let read_some = || {
        let mut read = Vec::with_capacity(ups.len());
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some((file, name)) = ups.get(at) else { return read };
            read.push((at, revision(directory, file.clone(), name.clone(), downs)));
        }
    };
    let mut read = thread::scope(|scope| {
        // Without a second thread (a limit on processes) the first reads them all.
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

fn revision(directory: &OwnedFd, file: String, name: FileName, downs: &Downs) -> Read {
    let FileName::Up { id, description } = name else { return Err(Vec::new()) };
    let content = match content(directory, &file) {
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
    let directives = match directive::read(&text) {
        Ok(directives) => directives,
        Err(errors) => {
            let problem = |error: directive::DirectiveError| Problem::Directive {
                file: file.clone(),
                line: error.line,
                message: error.message,
            };
            return Err(errors.into_iter().map(problem).collect());
        }
    };
    let after = directives.file.after.map(|ids| ids.into_iter().map(Id::new).collect());
    let down = downs.get(&file).cloned();
    Ok(Revision { id: Id::new(id), description, file, text, bytes, after, down })
}

/// Opened relative to the directory and read without a look at its size: a long chain is read at every start, and what is not
/// asked of the kernel counts a thousand times.
fn content(directory: &OwnedFd, file: &str) -> io::Result<Vec<u8>> {
    const USUAL: usize = 8 << 10;
    let opened = rustix::fs::openat(directory, file, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut content = Vec::with_capacity(USUAL);
    fs::File::from(opened).take(u64::MAX).read_to_end(&mut content)?;
    content.shrink_to_fit();
    Ok(content)
}

/// Reads the way back of a revision.
///
/// # Errors
/// The file is not readable or not UTF-8.
pub fn read_down(directory: &Path, file: &str) -> Result<String, SourceError> {
    let refused = |problem| SourceError::Refused { path: directory.to_owned(), problems: vec![problem] };
    let file = file.to_owned();
    let content = match fs::read(directory.join(&file)) {
        Ok(content) => content,
        Err(source) => return Err(refused(Problem::Unreadable { file, source })),
    };
    String::from_utf8(content)
        .map_err(|error| refused(Problem::NotUtf8 { file, at: error.utf8_error().valid_up_to() + 1 }))
}
