//! Large scripts, which stay in their files: a start reads them in parts, and keeps only their digest.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use memchr::memmem;
use sha2::{Digest, Sha256};

use super::marks;
use super::tree::LARGEST;
use crate::chain::directive;
use crate::chain::hex::hex;
use crate::chain::text::{Away, Changed, Text};
use crate::files::{Directory, FileError, Found};

/// The size in bytes from which a script stays in its file.
pub const LARGE: u64 = 256 << 10;
/// The number of bytes that are read at once. They are verified together.
const PART: usize = 32 << 10;
/// A longer line requires reading the whole file.
const LINE: usize = 256 << 10;

#[derive(Debug)]
struct Large {
    directory: Arc<Directory>,
    file: String,
    size: usize,
    bytes: String,
    /// Known once the whole text was read and is unchanged.
    marks: OnceLock<Vec<Mark>>,
}

/// The digest of a text up to a byte. Two of them verify the bytes between them.
#[derive(Clone, Debug)]
struct Mark {
    at: usize,
    before: Sha256,
}

impl Away for Large {
    fn size(&self) -> usize {
        self.size
    }

    /// Opens the file by its name again, like the next start would: a replaced file is noticed.
    fn pass(&self, take: &mut dyn FnMut(&str)) -> Result<(), Changed> {
        let (mut mark, mut open, mut is_text) = (Mark { at: 0, before: Sha256::new() }, Vec::new(), true);
        let mut marks = vec![mark.clone()];
        let read = self.found()?.parts(PART, |part| {
            mark.before.update(part);
            mark.at += part.len();
            marks.push(mark.clone());
            open.extend_from_slice(part);
            // A character may continue in the next part.
            let whole = match std::str::from_utf8(&open) {
                Ok(text) => text.len(),
                Err(error) => {
                    is_text &= error.error_len().is_none();
                    error.valid_up_to()
                }
            };
            if is_text && let Ok(text) = std::str::from_utf8(&open[..whole]) {
                take(text);
                open.drain(..whole);
            } else {
                open.clear();
            }
        });
        read.map_err(unreadable)?;
        if hex(&mark.before.finalize()) != self.bytes {
            return Err(Changed::Differs);
        }
        // Another thread may have been faster, with the same marks.
        let _ = self.marks.set(marks);
        Ok(())
    }

    fn part(&self, range: Range<usize>) -> Result<String, Changed> {
        if self.marks.get().is_none() {
            self.pass(&mut |_| ())?;
        }
        let marks = self.marks.get().map_or(&[][..], Vec::as_slice);
        let first = marks.partition_point(|mark| mark.at <= range.start).saturating_sub(1);
        let last = marks.partition_point(|mark| mark.at < range.end);
        let (Some(first), Some(last)) = (marks.get(first), marks.get(last)) else { return Err(Changed::Differs) };
        let bytes = self.found()?.part(first.at as u64..last.at as u64).map_err(unreadable)?;
        let hash = first.before.clone().chain_update(&bytes);
        let inside = bytes.get(range.start - first.at..range.end - first.at);
        match inside.map(std::str::from_utf8) {
            Some(Ok(text)) if hash.finalize() == last.before.clone().finalize() => Ok(text.to_owned()),
            _ => Err(Changed::Differs),
        }
    }
}

impl Large {
    fn found(&self) -> Result<Found, Changed> {
        self.directory.find(&self.file, LARGEST).map_err(unreadable)
    }
}

fn unreadable(error: FileError) -> Changed {
    Changed::Unreadable(error.to_string())
}

/// The text of a large script and the digest of its bytes, if nothing requires reading it as a whole: it is text without a
/// directive or another tool's comment.
///
/// # Errors
/// The file cannot be read.
pub fn left_in_its_file(
    directory: &Arc<Directory>,
    file: &str,
    found: &Found,
) -> Result<Option<(Text, String)>, FileError> {
    if found.size < LARGE {
        return Ok(None);
    }
    let (mut hash, mut look) = (Sha256::new(), Look::default());
    found.parts(PART, |part| {
        hash.update(part);
        look.take(part);
    })?;
    if !look.ends_plain() {
        return Ok(None);
    }
    let bytes = hex(&hash.finalize());
    let size = usize::try_from(found.size).unwrap_or(0);
    let (directory, file) = (Arc::clone(directory), file.to_owned());
    let large = Large { directory, file, size, bytes: bytes.clone(), marks: OnceLock::new() };
    Ok(Some((Text::away(Arc::new(large)), bytes)))
}

/// Scans a text some lines at a time: a directive or a mark is within one line.
#[derive(Default)]
struct Look {
    open: Vec<u8>,
    says_something: bool,
    is_other: bool,
}

impl Look {
    fn take(&mut self, part: &[u8]) {
        if self.is_other {
            return;
        }
        self.open.extend_from_slice(part);
        match memchr::memrchr(b'\n', &self.open) {
            Some(last) => {
                self.look(last + 1);
                self.open.drain(..=last);
            }
            None => self.is_other = self.open.len() > LINE,
        }
    }

    fn look(&mut self, end: usize) {
        let Ok(lines) = std::str::from_utf8(&self.open[..end]) else {
            self.is_other = true;
            return;
        };
        self.says_something |= !lines.trim_matches(|c: char| c == '\u{feff}' || c.is_whitespace()).is_empty();
        self.is_other |=
            memmem::find(lines.as_bytes(), directive::MARK.as_bytes()).is_some() || marks::is_possible(lines);
    }

    fn ends_plain(mut self) -> bool {
        self.look(self.open.len());
        !self.is_other && self.says_something
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::checksum;

    fn large(text: &str) -> (tempfile::TempDir, Option<(Text, String)>) {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("a.sql"), text).unwrap();
        let directory = Arc::new(Directory::open(place.path()).unwrap());
        let found = directory.find("a.sql", LARGEST).unwrap();
        let left = left_in_its_file(&directory, "a.sql", &found).unwrap();
        (place, left)
    }

    fn rows() -> String {
        "INSERT INTO t VALUES ('ä', 1);\n".repeat(20_000)
    }

    #[test]
    fn a_large_script_is_read_again_as_it_was_and_refused_where_it_changed() {
        let (place, left) = large(&rows());
        let (text, bytes) = left.expect("a large script");
        assert_eq!(bytes, checksum::bytes_digest(rows().as_bytes()));
        let (again, gone) = (text.clone(), text.clone());
        assert_eq!(text.read().unwrap(), rows());
        assert!(text.is_away().is_some(), "a look keeps nothing");
        assert_eq!((text.hold(), &*text), (Ok(()), rows().as_str()));

        std::fs::write(place.path().join("a.sql"), rows().replacen('1', "2", 1)).unwrap();
        assert_eq!(again.read(), Err(Changed::Differs));
        assert_eq!(again.hold(), Err(Changed::Differs));
        assert_ne!(checksum::checksum(&again), checksum::checksum(&rows()));
        // A held text stays the one that was hashed.
        assert_eq!(&*text, rows());

        std::fs::remove_file(place.path().join("a.sql")).unwrap();
        assert_eq!(text.hold(), Ok(()));
        assert!(matches!(gone.hold(), Err(Changed::Unreadable(_))));
    }

    #[test]
    fn each_part_of_a_large_script_is_verified() {
        let (place, left) = large(&rows());
        let (text, _) = left.expect("a large script");
        let away = Arc::clone(text.is_away().unwrap());
        let size = rows().len();
        for range in [0..1, 0..size, PART - 7..PART + 31, PART..2 * PART, size - 9..size, 3 * PART - 40..5 * PART + 2] {
            let range = rows().floor_char_boundary(range.start)..rows().floor_char_boundary(range.end);
            assert_eq!(away.part(range.clone()).as_deref(), Ok(&rows()[range]));
        }
        assert_eq!(away.part(size - 1..size + 1), Err(Changed::Differs));

        let mut changed = rows();
        changed.replace_range(2 * PART..2 * PART + 1, "!");
        std::fs::write(place.path().join("a.sql"), changed).unwrap();

        assert_eq!(away.part(2 * PART + 100..2 * PART + 140), Err(Changed::Differs));
        assert_eq!(away.part(PART - 31..PART + 31).as_deref(), Ok(&rows()[PART - 31..PART + 31]));
    }

    #[test]
    fn the_checksum_of_a_large_script_is_that_of_its_text() {
        let (_place, left) = large(&format!("\u{feff}{} /* ; */ -- the end", rows()));
        let (text, _) = left.expect("a large script");
        for version in checksum::Version::ALL {
            assert_eq!(version.of_text(&text), version.checksum(&text.read().unwrap()));
        }
        assert!(text.is_away().is_some(), "a checksum keeps nothing");
    }

    #[test]
    fn a_script_that_has_to_be_read_whole_is() {
        let long = format!("SELECT '{}';", "x".repeat(600_000));
        let blank = " \n".repeat(300_000);
        let rows = rows();
        let [directive, mark, end] = ["-- lockgate:run-as-is", "-- +goose Down", "-- migrate:up"]
            .map(|comment| format!("{rows}{comment}\n{rows}"));
        let at_its_end = format!("{rows}-- lockgate:id 7");
        for text in [&long, &blank, &directive, &mark, &end, &at_its_end, &rows[..1000].to_owned()] {
            assert!(large(text).1.is_none(), "{}", &text[text.len() - 40..]);
        }
    }
}
