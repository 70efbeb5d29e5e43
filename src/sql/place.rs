//! Converts byte offsets to the lines and columns of an editor.

use std::cell::Cell;
use std::ops::Range;

/// A position in a file, both numbers from 1. The column counts characters, without a BOM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// The position of a byte of `text`. An offset beyond the end means the end; one within a character means that character.
pub fn locate(text: &str, byte_offset: usize) -> Place {
    Lines::new(text).locate(byte_offset)
}

/// The byte of `text` at a position; a position beyond its line or the end means the end of it.
pub fn offset(text: &str, Place { line, column }: Place) -> usize {
    let before = line.saturating_sub(1);
    let start = match before {
        0 => text.len() - text.trim_start_matches('\u{feff}').len(),
        _ => memchr::memchr_iter(b'\n', text.as_bytes()).nth(before - 1).map_or(text.len(), |at| at + 1),
    };
    let line = text[start..].split('\n').next().unwrap_or_default();
    start + line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at)
}

/// The byte offset in the sent `text` of the server's `position` (the field P of an error, in characters from 1). 0 and 1 mean
/// the first byte; a position beyond the end means the end.
pub fn char_offset_to_byte(text: &str, position: usize) -> usize {
    text.char_indices().nth(position.saturating_sub(1)).map_or(text.len(), |(at, _)| at)
}

/// The lines of a text, for several lookups.
pub struct Lines<'a> {
    text: &'a str,
    /// The starts of some lines, [`APART`] lines from each other: a text may have as many lines as statements.
    starts: Vec<usize>,
    /// The last answer, by its byte offset: the next lookup continues there, because a line may be as long as a text.
    last: Cell<Option<(usize, Place)>>,
}

const APART: usize = 64;

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let after_breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).step_by(APART).collect(), last: Cell::default() }
    }

    /// As [`locate`].
    pub fn locate(&self, byte_offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(byte_offset.min(self.text.len()));
        let known = self.starts.partition_point(|&start| start <= offset) - 1;
        let (mut line, mut start) = (known * APART + 1, self.starts[known]);
        for at in memchr::memchr_iter(b'\n', &self.text.as_bytes()[start..offset]) {
            (line, start) = (line + 1, self.starts[known] + at + 1);
        }
        let column = match self.last.get().filter(|(at, place)| place.line == line && *at <= offset) {
            Some((at, place)) => place.column + self.characters(at..offset),
            None => 1 + self.characters(start..offset),
        };
        let place = Place { line, column };
        self.last.set(Some((offset, place)));
        place
    }

    fn characters(&self, range: Range<usize>) -> usize {
        let text = &self.text[range.clone()];
        if range.start == 0 { text.trim_start_matches('\u{feff}').chars().count() } else { text.chars().count() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_no_bom() {
        let text = "\u{feff}aé b\r\nc\n";
        let at = |needle: &str| locate(text, text.find(needle).unwrap());
        assert_eq!(at("b"), Place { line: 1, column: 4 });
        assert_eq!(at("c"), Place { line: 2, column: 1 });
        assert_eq!(locate(text, 0), Place { line: 1, column: 1 });
        assert_eq!(locate(text, 99), Place { line: 3, column: 1 });
        assert_eq!(locate(text, text.find('é').unwrap() + 1), Place { line: 1, column: 2 });
        for (at, _) in text.char_indices().skip(1) {
            assert_eq!(offset(text, locate(text, at)), at);
        }
    }

    #[test]
    fn many_lines_are_found_in_any_order() {
        let text: String = (1..=1000).map(|line| format!("é{line}\n")).collect();
        let lines = Lines::new(&text);
        for line in [1, 64, 65, 66, 1000, 128, 129, 3, 640] {
            let at = text.find(&format!("é{line}\n")).unwrap();
            assert_eq!(lines.locate(at), Place { line, column: 1 });
            assert_eq!(lines.locate(at + 3), Place { line, column: 3 });
            assert_eq!(lines.locate(at + 2), Place { line, column: 2 });
        }
        assert_eq!(lines.locate(text.len()), Place { line: 1001, column: 1 });
    }

    #[test]
    fn the_servers_positions_count_characters_from_one() {
        assert_eq!(char_offset_to_byte("éab", 1), 0);
        assert_eq!(char_offset_to_byte("éab", 2), 2);
        assert_eq!(char_offset_to_byte("éab", 9), 4);
    }
}
