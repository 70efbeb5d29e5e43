//! Files that others name or create, read so that none can block the gate or fill its memory: a file that is not regular or too
//! large is refused. Opening never waits.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, FileType, Mode, OFlags, ResolveFlags, Stat, access};
use rustix::io::Errno;

/// Reasons why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("it is {0}, and no file")]
    Kind(&'static str),
    #[error("it is larger than {}, the most that is read of one file", shown_size(*.0))]
    TooLarge(u64),
    #[error("it is a link that leads out of the directory")]
    Outside,
    #[error("nobody finished writing to it within {} s", .0.as_secs())]
    Late(Duration),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Errno> for FileError {
    fn from(error: Errno) -> Self {
        match error {
            // The error of open(2) for a socket, and for a device without a driver.
            Errno::NXIO => Self::Kind("a socket or a device"),
            error => Self::Io(error.into()),
        }
    }
}

fn shown_size(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

/// A FIFO is not waited for, and no terminal becomes our controlling one.
const OPEN: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// A directory whose files are read only if they are within it.
#[derive(Debug)]
pub struct Directory {
    opened: OwnedFd,
    path: PathBuf,
}

impl Directory {
    /// Opens a directory; the path may be a link.
    ///
    /// # Errors
    /// The path does not exist, is not a directory, or is not readable.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { opened: rustix::fs::open(path, flags, Mode::empty())?, path: path.to_owned() })
    }

    /// The content of a file that [`Directory::find`] finds.
    ///
    /// # Errors
    /// As [`Directory::find`] and [`Found::content`].
    pub fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        self.find(name, limit)?.content()
    }

    /// Finds a file for reading. A link that stays inside is followed: a ConfigMap's files are links through `..data`.
    ///
    /// # Errors
    /// It is not a regular file, is larger than `limit`, or is outside of the directory.
    pub fn find(&self, name: &str, limit: u64) -> Result<Found, FileError> {
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let opened = match rustix::fs::openat2(&self.opened, name, OPEN, Mode::empty(), inside) {
            Ok(opened) => opened,
            // An older kernel, or a sandbox in its place; or a link that the kernel does not follow there, such as an absolute
            // one.
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL | Errno::XDEV | Errno::AGAIN) => self.open_resolved(name)?,
            Err(error) => return Err(error.into()),
        };
        Found::of(opened, limit)
    }

    fn open_resolved(&self, name: &str) -> Result<OwnedFd, FileError> {
        let file = self.path.join(name).canonicalize()?;
        if !file.starts_with(self.path.canonicalize()?) {
            return Err(FileError::Outside);
        }
        Ok(rustix::fs::open(&file, OPEN | OFlags::NOFOLLOW, Mode::empty())?)
    }
}

/// An open regular file.
#[derive(Debug)]
pub struct Found {
    file: File,
    /// Bytes; 0 for files of /proc.
    pub size: u64,
    limit: u64,
}

impl Found {
    fn of(opened: OwnedFd, limit: u64) -> Result<Self, FileError> {
        let stat = rustix::fs::fstat(&opened)?;
        if let Some(other) = other_kind(kind(&stat)) {
            return Err(FileError::Kind(other));
        }
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size > limit { Err(FileError::TooLarge(limit)) } else { Ok(Self { file: File::from(opened), size, limit }) }
    }

    /// The complete content.
    ///
    /// # Errors
    /// The file cannot be read, or has grown beyond the limit.
    pub fn content(self) -> Result<Vec<u8>, FileError> {
        // One byte of spare capacity shows the end, so the buffer never moves: a secret would stay behind.
        let mut content = Vec::with_capacity(usize::try_from(self.size).unwrap_or(0) + 1);
        self.file.take(self.limit + 1).read_to_end(&mut content)?;
        if content.len() as u64 > self.limit { Err(FileError::TooLarge(self.limit)) } else { Ok(content) }
    }

    /// The same in parts of at most `size` bytes.
    ///
    /// # Errors
    /// As [`Found::content`].
    pub fn parts(&self, size: usize, mut take: impl FnMut(&[u8])) -> Result<(), FileError> {
        let (mut part, mut at) = (vec![0; size], 0);
        loop {
            let read = match self.file.read_at(&mut part, at) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            at += read as u64;
            if at > self.limit {
                return Err(FileError::TooLarge(self.limit));
            }
            take(&part[..read]);
        }
    }

    /// A part of the content; less of it if the file ends before.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn part(&self, range: Range<u64>) -> Result<Vec<u8>, FileError> {
        let mut part = vec![0; usize::try_from(range.end - range.start).unwrap_or(0)];
        let mut read = 0;
        while read < part.len() {
            match self.file.read_at(&mut part[read..], range.start + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        part.truncate(read);
        Ok(part)
    }
}

/// The content of a file, which may be reached through any link.
///
/// # Errors
/// It is not a regular file, or is larger than `limit`.
pub fn plain(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    Found::of(rustix::fs::open(path, OPEN, Mode::empty())?, limit)?.content()
}

/// The same, or the content of a pipe within a time limit; true if it was a pipe.
///
/// # Errors
/// As [`plain`], or the time limit is over.
pub fn plain_or_pipe(path: &Path, limit: u64, patience: Duration) -> Result<(Vec<u8>, bool), FileError> {
    let opened = rustix::fs::open(path, OPEN, Mode::empty())?;
    match kind(&rustix::fs::fstat(&opened)?) {
        FileType::Fifo => Ok((to_the_end(File::from(opened), limit, patience)?, true)),
        _ => Ok((Found::of(opened, limit)?.content()?, false)),
    }
}

fn kind(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}

/// The kind of a file that is not regular.
fn other_kind(kind: FileType) -> Option<&'static str> {
    match kind {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a pipe"),
        FileType::Socket => Some("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        FileType::Symlink => Some("a link"),
        FileType::Unknown => Some("of no known kind"),
    }
}

/// Reads a pipe to its end. One without a writer yet looks ended to read(2), but not to poll(2).
fn to_the_end(mut pipe: File, limit: u64, patience: Duration) -> Result<Vec<u8>, FileError> {
    let deadline = Instant::now() + patience;
    let mut content = Vec::with_capacity(usize::try_from(limit).unwrap_or(0) + 1);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let time = Timespec::try_from(left).map_err(|_| FileError::Late(patience))?;
        let mut watched = [PollFd::new(&pipe, PollFlags::IN)];
        match poll(&mut watched, Some(&time)) {
            Ok(0) => return Err(FileError::Late(patience)),
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut chunk = [0; 4 << 10];
        match pipe.read(&mut chunk) {
            Ok(0) => return Ok(content),
            Ok(read) => {
                content.extend_from_slice(&chunk[..read]);
                if content.len() as u64 > limit {
                    return Err(FileError::TooLarge(limit));
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reasons why a program cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum NoProgram {
    #[error("{} is not there", .0.display())]
    NotThere(PathBuf),
    #[error("{}: {source}", .program.display())]
    CannotRun { program: PathBuf, source: io::Error },
}

/// The file that `name` runs: the path itself if it contains a slash, otherwise the first executable one on the PATH.
///
/// # Errors
/// It does not exist or is not executable.
pub fn find_program(name: &OsStr, path: Option<&OsStr>) -> Result<PathBuf, NoProgram> {
    if name.as_bytes().contains(&b'/') {
        return executable(Path::new(name));
    }
    let mut not_executable = None;
    for directory in path.map(std::env::split_paths).into_iter().flatten() {
        match executable(&directory.join(name)) {
            Ok(program) => return Ok(program),
            Err(error @ NoProgram::CannotRun { .. }) => not_executable = not_executable.or(Some(error)),
            Err(NoProgram::NotThere(_)) => {}
        }
    }
    Err(not_executable.unwrap_or_else(|| NoProgram::NotThere(name.into())))
}

fn executable(program: &Path) -> Result<PathBuf, NoProgram> {
    let cannot = |source| NoProgram::CannotRun { program: program.to_owned(), source };
    match std::fs::metadata(program) {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(NoProgram::NotThere(program.to_owned())),
        Err(error) => Err(cannot(error)),
        Ok(metadata) if metadata.is_dir() => Err(cannot(ErrorKind::IsADirectory.into())),
        Ok(_) => match access(program, Access::EXEC_OK) {
            Ok(()) => Ok(program.to_owned()),
            Err(error) => Err(cannot(error.into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn read(directory: &Path, name: &str) -> String {
        match Directory::open(directory).unwrap().read(name, 8) {
            Ok(content) => String::from_utf8(content).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_regular_files_inside_the_directory_are_read() {
        let outside = tempfile::tempdir().unwrap();
        let whole = tempfile::tempdir().unwrap();
        let directory = whole.path();
        std::fs::write(outside.path().join("secret"), "secret").unwrap();
        std::fs::create_dir(directory.join("..2026_01")).unwrap();
        std::fs::write(directory.join("..2026_01/b.sql"), "inside").unwrap();
        symlink("..2026_01", directory.join("..data")).unwrap();
        symlink("..data/b.sql", directory.join("b.sql")).unwrap();
        symlink(directory.join("..2026_01/b.sql"), directory.join("absolute.sql")).unwrap();
        symlink(outside.path().join("secret"), directory.join("out.sql")).unwrap();
        symlink("../../../../../../etc/passwd", directory.join("up.sql")).unwrap();
        symlink("/dev/zero", directory.join("device.sql")).unwrap();
        symlink("nowhere", directory.join("dangling.sql")).unwrap();
        std::fs::write(directory.join("large.sql"), "123456789").unwrap();
        for (name, told) in [
            ("b.sql", "inside"),
            ("absolute.sql", "inside"),
            ("out.sql", "it is a link that leads out of the directory"),
            ("up.sql", "it is a link that leads out of the directory"),
            ("device.sql", "it is a link that leads out of the directory"),
            ("dangling.sql", "No such file or directory (os error 2)"),
            ("large.sql", "it is larger than 0 KiB, the most that is read of one file"),
            ("..data", "it is a directory, and no file"),
        ] {
            assert_eq!(read(directory, name), told, "{name}");
            // As on a kernel without openat2.
            let resolved = Directory::open(directory).unwrap().open_resolved(name).map(|_| ());
            assert_eq!(resolved.is_err(), told.contains("leads out") || name == "dangling.sql", "{name}");
        }
        let link = outside.path().join("chain");
        symlink(directory, &link).unwrap();
        assert_eq!(read(&link, "b.sql"), "inside");
    }

    #[test]
    fn a_pipe_is_read_to_its_end_or_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let brief = Duration::from_millis(20);
        assert!(matches!(plain(&path, 8), Err(FileError::Kind("a pipe"))));
        assert!(matches!(plain_or_pipe(&path, 8, brief), Err(FileError::Late(_))));
        let writes = |text: &'static str| {
            let path = path.clone();
            std::thread::spawn(move || std::fs::write(path, text).unwrap())
        };
        let writer = writes("content");
        assert_eq!(plain_or_pipe(&path, 8, Duration::from_secs(30)).unwrap(), (b"content".to_vec(), true));
        writer.join().unwrap();
        let writer = writes("123456789");
        assert!(matches!(plain_or_pipe(&path, 8, Duration::from_secs(30)), Err(FileError::TooLarge(8))));
        let _ = writer.join();
    }

    #[test]
    fn a_program_is_found_on_the_path_or_named_as_missing() {
        let find = |name: &str, path: Option<&str>| find_program(OsStr::new(name), path.map(OsStr::new));
        assert!(find("sh", Some("/nowhere:/bin")).is_ok());
        assert!(matches!(find("no-such-program", Some("/bin")), Err(NoProgram::NotThere(_))));
        assert!(matches!(find("/etc/passwd", None), Err(NoProgram::CannotRun { .. })));
        assert!(matches!(find("/etc", None), Err(NoProgram::CannotRun { .. })));
    }
}
