//! A script as its file has it, beside the text that runs: its tool puts values in for placeholders.

use std::ops::Range;

/// A script before its tool's values were put in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    text: String,
    /// In order.
    holes: Vec<Hole>,
}

/// A placeholder and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The bytes of the placeholder in the written text.
    pub written: Range<usize>,
    /// The bytes of the value in the text that runs.
    pub filled: Range<usize>,
    /// True if the value is never shown.
    pub is_hidden: bool,
}

impl Written {
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte of the written text from which a byte of the text that runs comes: for a value, the beginning of its placeholder.
    pub fn start(&self, filled: usize) -> usize {
        match self.holes[..self.holes.partition_point(|hole| hole.filled.start <= filled)].last() {
            Some(hole) if filled < hole.filled.end => hole.written.start,
            Some(hole) => hole.written.end + (filled - hole.filled.end),
            None => filled,
        }
    }

    /// The same for a range: a value counts with its whole placeholder.
    pub fn range(&self, filled: &Range<usize>) -> Range<usize> {
        let last = self.holes.iter().rev().find(|hole| hole.filled.start < filled.end);
        let end = match last {
            Some(hole) => hole.written.end + filled.end.saturating_sub(hole.filled.end),
            None => filled.end,
        };
        self.start(filled.start)..end
    }

    /// The values within a range of the text that runs.
    pub fn holes(&self, filled: Range<usize>) -> impl Iterator<Item = &Hole> {
        self.holes.iter().filter(move |hole| hole.filled.start < filled.end && hole.filled.end > filled.start)
    }
}

/// A text whose placeholders are being replaced, in order.
pub struct Filling<'a> {
    written: &'a str,
    filled: String,
    holes: Vec<Hole>,
}

impl<'a> Filling<'a> {
    pub fn new(written: &'a str) -> Self {
        Self { written, filled: String::with_capacity(written.len()), holes: Vec::new() }
    }

    /// Puts a value in for the placeholder at these bytes of the written text, which are behind the last one's.
    pub fn put(&mut self, written: Range<usize>, value: &str, is_hidden: bool) {
        self.filled += &self.written[self.done()..written.start];
        let start = self.filled.len();
        self.filled += value;
        self.holes.push(Hole { written, filled: start..self.filled.len(), is_hidden });
    }

    fn done(&self) -> usize {
        self.holes.last().map_or(0, |hole| hole.written.end)
    }

    /// The text that runs, and the written one if they differ.
    pub fn end(mut self) -> (String, Option<Written>) {
        self.filled += &self.written[self.done()..];
        let written = Written { text: self.written.to_owned(), holes: self.holes };
        (self.filled, (!written.holes.is_empty()).then_some(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_of_the_text_that_runs_comes_from_a_byte_of_the_file() {
        let written = "GRANT ${a} ON ${b}${c} TO x";
        let mut filling = Filling::new(written);
        for (name, value) in [("${a}", "SELECT"), ("${b}", ""), ("${c}", "t")] {
            let at = written.find(name).unwrap();
            filling.put(at..at + name.len(), value, false);
        }
        let (filled, kept) = filling.end();
        let kept = kept.unwrap();
        assert_eq!(filled, "GRANT SELECT ON t TO x");
        for (of, comes_from) in [("GRANT", "GRANT"), ("SELECT", "${a}"), ("LECT", "${a}"), ("ON", "ON"), ("TO", "TO")] {
            assert_eq!(kept.start(filled.find(of).unwrap()), written.find(comes_from).unwrap(), "{of}");
        }
        let range = |of: &str| kept.range(&(filled.find(of).unwrap()..filled.find(of).unwrap() + of.len()));
        assert_eq!(&written[range("SELECT ON t")], "${a} ON ${b}${c}");
        assert_eq!(&written[range("GRANT SEL")], "GRANT ${a}");
        assert_eq!(kept.range(&(0..filled.len())), 0..written.len());
        assert_eq!(kept.holes(0..5).count(), 0);
        assert_eq!(kept.holes(6..12).count(), 1);
    }

    #[test]
    fn a_text_without_placeholders_is_its_own() {
        assert_eq!(Filling::new("SELECT 1").end(), ("SELECT 1".to_owned(), None));
    }
}
