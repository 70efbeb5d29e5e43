//! A small scanner of a script's text: the positions of its comments, quotes and words.
//!
//! It is deliberately independent of the parser: checksums are computed from its pieces, and a newer parser must not change a
//! checksum. The rules are those of PostgreSQL's lexer (`src/backend/parser/scan.l`) with `standard_conforming_strings` on.

use std::ops::Range;

/// The kind of a piece of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A run of white space.
    Space,
    /// `-- …`, without its line end.
    LineComment,
    /// `/* … */`, including nested comments.
    BlockComment,
    /// A string literal: `'…'`, or `E'…'` with its prefix. The prefixes U&, B, X and N are separate code before a string.
    String,
    /// `$tag$ … $tag$`.
    Dollar,
    /// A double-quoted identifier.
    Name,
    /// A run of letters, digits, `_`, and `$` after the first.
    Word,
    /// One other character: of an operator, a bracket, a comma, a semicolon.
    Symbol,
}

impl Kind {
    /// True if the piece is part of a statement, and not white space or a comment.
    pub fn is_code(self) -> bool {
        !matches!(self, Self::Space | Self::LineComment | Self::BlockComment)
    }
}

/// The range between the tags of `$tag$ … $tag$`, up to the end if the second tag is missing.
pub fn between_tags(dollar: &str) -> Range<usize> {
    let tag = dollar[1..].find('$').map_or(dollar.len(), |at| at + 2);
    let end = dollar[tag..].strip_suffix(&dollar[..tag]).map_or(dollar.len(), |inside| tag + inside.len());
    tag..end
}

/// A piece of a script; the pieces cover the text without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: Kind,
    /// In bytes of the text, never empty, always on character boundaries.
    pub range: Range<usize>,
}

/// The pieces of `text`, in order. An unclosed construct extends to the end of the text.
pub fn scan(text: &str) -> Scanner<'_> {
    Scanner { text, at: 0, continuation: Continuation::None }
}

/// Passes on the pieces of `text`, without a BOM.
pub fn pieces(text: &str, mut take: impl FnMut(Kind, &str)) {
    let text = without_bom(text);
    scan(text).for_each(|piece| take(piece.kind, &text[piece.range]));
}

/// The text without a BOM at its beginning.
pub fn without_bom(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// PostgreSQL joins two strings that are separated by white space with a line break, and reads the second by the rules of the
/// first: after `E'…'` and a line break, `'…'` has backslash escapes too.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Continuation {
    None,
    AfterEscapeString,
    AfterItsLineBreak,
}

/// An iterator over the pieces of a text. Linear in time, without recursion.
pub struct Scanner<'a> {
    text: &'a str,
    at: usize,
    continuation: Continuation,
}

impl Scanner<'_> {
    /// Continues at byte `at` (forward only, rounded up to a character), after text that is not SQL: a psql command, COPY data.
    pub fn jump(&mut self, at: usize) {
        self.at = self.at.max(self.text.ceil_char_boundary(at.min(self.text.len())));
        self.continuation = Continuation::None;
    }

    fn piece_end(&self) -> (Kind, usize) {
        let bytes = &self.text.as_bytes()[self.at..];
        let first = bytes[0];
        let (kind, length) = match first {
            _ if is_space(first) => (Kind::Space, run(bytes, is_space)),
            b'-' if bytes.get(1) == Some(&b'-') => (Kind::LineComment, run(bytes, |b| b != b'\n' && b != b'\r')),
            b'/' if bytes.get(1) == Some(&b'*') => (Kind::BlockComment, block_comment(bytes).unwrap_or(bytes.len())),
            b'\'' if self.continuation == Continuation::AfterItsLineBreak => (Kind::String, escape_string(bytes)),
            b'\'' => (Kind::String, quoted(bytes, b'\'')),
            b'"' => (Kind::Name, quoted(bytes, b'"')),
            b'e' | b'E' if bytes.get(1) == Some(&b'\'') => (Kind::String, 1 + escape_string(&bytes[1..])),
            b'$' => match dollar_tag(bytes) {
                Some(tag) => (Kind::Dollar, dollar_quoted(bytes, tag)),
                None => (Kind::Symbol, 1),
            },
            // A number ends before a letter or `$`: the server reads `1$a$` as a number and a dollar quote.
            b'0'..=b'9' => (Kind::Word, run(bytes, |b| b.is_ascii_digit())),
            _ if is_word_start(first) => {
                (Kind::Word, run(bytes, |b| is_word_start(b) || b.is_ascii_digit() || b == b'$'))
            }
            _ => (Kind::Symbol, 1),
        };
        (kind, self.at + length)
    }

    fn next_continuation(&self, piece: &Piece) -> Continuation {
        let text = &self.text.as_bytes()[piece.range.clone()];
        match piece.kind {
            Kind::String if text[0] != b'\'' || self.continuation == Continuation::AfterItsLineBreak => {
                Continuation::AfterEscapeString
            }
            Kind::Space if self.continuation != Continuation::None => {
                if text.iter().any(|&b| b == b'\n' || b == b'\r') {
                    Continuation::AfterItsLineBreak
                } else {
                    self.continuation
                }
            }
            Kind::LineComment => self.continuation,
            _ => Continuation::None,
        }
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        if self.at >= self.text.len() {
            return None;
        }
        let (kind, end) = self.piece_end();
        let piece = Piece { kind, range: self.at..end };
        self.continuation = self.next_continuation(&piece);
        self.at = end;
        Some(piece)
    }
}

/// The scanner of a text that arrives in parts. It keeps only the piece that the last part left open.
pub struct Parts {
    open: String,
    continuation: Continuation,
    /// The length from which a long piece is scanned again: each time twice as long.
    worth_a_look: usize,
}

impl Default for Parts {
    fn default() -> Self {
        Self { open: String::new(), continuation: Continuation::None, worth_a_look: 0 }
    }
}

impl Parts {
    /// Passes on the pieces that are complete so far.
    pub fn take(&mut self, part: &str, found: impl FnMut(Kind, &str)) {
        self.open.push_str(part);
        if self.open.len() >= self.worth_a_look {
            self.look(false, found);
        }
    }

    /// Passes on the rest at the end of the text.
    pub fn end(mut self, found: impl FnMut(Kind, &str)) {
        self.look(true, found);
    }

    fn look(&mut self, is_end: bool, mut found: impl FnMut(Kind, &str)) {
        let mut scanner = Scanner { text: &self.open, at: 0, continuation: self.continuation };
        let mut given = 0;
        while let Some(piece) = scanner.next() {
            if !is_end && may_go_on(self.open.as_bytes(), &piece) {
                break;
            }
            found(piece.kind, &self.open[piece.range.clone()]);
            (given, self.continuation) = (piece.range.end, scanner.continuation);
        }
        self.open.drain(..given);
        self.worth_a_look = 2 * self.open.len();
    }
}

/// True if more text could extend or change a piece: it reaches the end, or is the `$` of a tag that does.
fn may_go_on(bytes: &[u8], piece: &Piece) -> bool {
    let rest = &bytes[piece.range.end..];
    let is_tag = piece.kind == Kind::Symbol && bytes[piece.range.start] == b'$';
    rest.is_empty() || is_tag && run(rest, |b| is_word_start(b) || b.is_ascii_digit()) == rest.len()
}

/// White space of the server's lexer (`space` in scan.l).
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn run(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&b| !belongs(b)).unwrap_or(bytes.len())
}

fn block_comment(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(next) = memchr::memchr2(b'/', b'*', &bytes[at..]) {
        at += next;
        match &bytes[at..bytes.len().min(at + 2)] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// True for a block comment that the end of the text cuts off: the server refuses such a script.
pub fn is_unclosed(comment: &str) -> bool {
    block_comment(comment.as_bytes()).is_none()
}

/// The length of a quoted text that begins with `quote`, in which a doubled `quote` is an escape.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(next) = memchr::memchr(quote, &bytes[at..]) {
        at += next + 1;
        if bytes.get(at) != Some(&quote) {
            return at;
        }
        at += 1;
    }
    bytes.len()
}

/// The length of the `'…'` of an escape string, in which a backslash escapes the next character.
fn escape_string(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(next) = memchr::memchr2(b'\'', b'\\', &bytes[at..]) {
        at += next + 1;
        let after = bytes.get(at);
        if bytes[at - 1] == b'\\' || after == Some(&b'\'') {
            // The character after a backslash may be longer than a byte; its later bytes are never a quote or a backslash.
            at = bytes.len().min(at + 1);
        } else {
            return at;
        }
    }
    bytes.len()
}

/// The opening `$tag$` at the start of `bytes`, if there is one. `$1` is not one: a tag does not begin with a digit.
fn dollar_tag(bytes: &[u8]) -> Option<&[u8]> {
    let name = run(&bytes[1..], |b| is_word_start(b) || b.is_ascii_digit());
    let closed = bytes.get(1 + name) == Some(&b'$');
    let begins_well = name == 0 || !bytes[1].is_ascii_digit();
    (closed && begins_well).then(|| &bytes[..name + 2])
}

fn dollar_quoted(bytes: &[u8], tag: &[u8]) -> usize {
    match memchr::memmem::find(&bytes[tag.len()..], tag) {
        Some(body) => body + 2 * tag.len(),
        None => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(text: &str) -> Vec<(Kind, &str)> {
        scan(text).filter(|p| p.kind != Kind::Space).map(|p| (p.kind, &text[p.range])).collect()
    }

    #[test]
    fn quotes_end_where_the_server_ends_them() {
        use Kind::{Dollar, Name, String, Symbol, Word};
        let cases: &[(&str, &[(Kind, &str)])] = &[
            ("'it''s' x", &[(String, "'it''s'"), (Word, "x")]),
            (r"'a\' x", &[(String, r"'a\'"), (Word, "x")]),
            (r"E'a\'b' x", &[(String, r"E'a\'b'"), (Word, "x")]),
            (r"e'a''b\\' x", &[(String, r"e'a''b\\'"), (Word, "x")]),
            (r"type'a\' x", &[(Word, "type"), (String, r"'a\'"), (Word, "x")]),
            (r"U&'\0061' x", &[(Word, "U"), (Symbol, "&"), (String, r"'\0061'"), (Word, "x")]),
            (r#""a""b" x"#, &[(Name, r#""a""b""#), (Word, "x")]),
            ("$$a;'b$$ x", &[(Dollar, "$$a;'b$$"), (Word, "x")]),
            ("$a$ $b$ $a$ x", &[(Dollar, "$a$ $b$ $a$"), (Word, "x")]),
            ("a$b$c $1 x", &[(Word, "a$b$c"), (Symbol, "$"), (Word, "1"), (Word, "x")]),
            ("$1$ x", &[(Symbol, "$"), (Word, "1"), (Symbol, "$"), (Word, "x")]),
            ("'open", &[(String, "'open")]),
            ("$a$ open $b$", &[(Dollar, "$a$ open $b$")]),
            (r"E'\", &[(String, r"E'\")]),
        ];
        for (text, want) in cases {
            assert_eq!(code(text), *want, "{text}");
        }
    }

    #[test]
    fn a_string_after_a_line_break_goes_on_by_the_rules_of_the_first() {
        use Kind::{LineComment, String, Word};
        let text = "E'a' -- c\n 'b\\'c' x";
        let want = [(String, "E'a'"), (LineComment, "-- c"), (String, "'b\\'c'"), (Word, "x")];
        assert_eq!(code(text), want);
        assert_eq!(code("E'a' 'b\\' x"), [(String, "E'a'"), (String, "'b\\'"), (Word, "x")]);
    }

    #[test]
    fn comments_nest_and_a_line_comment_ends_at_its_line() {
        use Kind::{BlockComment, LineComment, Symbol, Word};
        assert_eq!(code("/* a /* b */ c */x"), [(BlockComment, "/* a /* b */ c */"), (Word, "x")]);
        assert_eq!(code("/*/ open"), [(BlockComment, "/*/ open")]);
        assert_eq!(code("a+--c\r\nb"), [(Word, "a"), (Symbol, "+"), (LineComment, "--c"), (Word, "b")]);
    }

    proptest! {
        #[test]
        fn the_pieces_cover_any_text_without_a_gap(text in "[-a-eE$'\"\\\\/* \n\r;1é]{0,60}|.{0,60}") {
            let mut at = 0;
            for piece in scan(&text) {
                prop_assert_eq!(piece.range.start, at);
                prop_assert!(text.is_char_boundary(piece.range.end) && piece.range.end > at);
                at = piece.range.end;
            }
            prop_assert_eq!(at, text.len());
        }

        #[test]
        fn a_text_in_parts_has_the_pieces_of_the_whole(
            text in "([-a-eE$'\"\\\\/* \n\r;1é]|\\$a\\$|\\$\\$|E'|/\\*|--|''){0,40}",
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let mut cuts: Vec<usize> =
                cuts.iter().map(|cut| text.ceil_char_boundary(cut.index(text.len() + 1))).collect();
            cuts.sort_unstable();
            let (mut parts, mut found, mut from) = (Parts::default(), Vec::new(), 0);
            for cut in cuts {
                parts.take(&text[from..cut], |kind, piece| found.push((kind, piece.to_owned())));
                from = cut;
            }
            parts.take(&text[from..], |kind, piece| found.push((kind, piece.to_owned())));
            parts.end(|kind, piece| found.push((kind, piece.to_owned())));
            let whole: Vec<(Kind, String)> = scan(&text).map(|one| (one.kind, text[one.range].to_owned())).collect();
            prop_assert_eq!(found, whole);
        }
    }
}
