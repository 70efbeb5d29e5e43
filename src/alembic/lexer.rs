//! Python's source as tokens, as far as assignments need it: names, strings, signs and the ends of logical lines (The Python
//! Language Reference, 2).

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name or a keyword.
    Name,
    String,
    Number,
    /// One character, or an operator such as `:=` or `==`, which assigns nothing to the name before it.
    Sign,
    /// The end of a logical line.
    End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub range: Range<usize>,
    /// From 1.
    pub line: usize,
    /// True for the first token of an indented logical line.
    pub is_indented: bool,
    /// True for the first token of a logical line.
    pub is_first: bool,
}

/// The tokens of a source. It never fails: invalid Python gives meaningless tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let (bytes, tokens) = (source.as_bytes(), Vec::new());
    let mut lexer = Lexer { bytes, at: 0, line: 1, depth: 0, tokens, begins: true, indent: false, is_fresh: true };
    lexer.run();
    lexer.tokens
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    /// The depth of brackets, in which a line end is insignificant.
    depth: usize,
    tokens: Vec<Token>,
    /// True if the next token begins a logical line; `indent` is true if that line is indented.
    begins: bool,
    indent: bool,
    /// True while the line consists of blanks.
    is_fresh: bool,
}

impl Lexer<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn run(&mut self) {
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b'\n' => self.end_of_line(1),
                b'\r' => self.end_of_line(if self.byte(1) == b'\n' { 2 } else { 1 }),
                b' ' | b'\t' => {
                    self.indent |= self.is_fresh;
                    self.at += 1;
                }
                // A form feed at the start of a line is insignificant.
                b'\x0c' => self.at += 1,
                b'#' => self.comment(),
                b'\\' if matches!(self.byte(1), b'\n' | b'\r') => {
                    self.at += 1;
                    self.joined_line();
                }
                byte => self.token(byte),
            }
        }
        self.end();
    }

    fn comment(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
    }

    fn joined_line(&mut self) {
        self.at += if self.byte(0) == b'\r' && self.byte(1) == b'\n' { 2 } else { 1 };
        self.line += 1;
    }

    fn end_of_line(&mut self, length: usize) {
        if self.depth == 0 {
            self.end();
            (self.begins, self.indent, self.is_fresh) = (true, false, true);
        }
        self.at += length;
        self.line += 1;
    }

    /// Ends a logical line that has a token.
    fn end(&mut self) {
        if self.tokens.last().is_some_and(|token| token.kind != Kind::End) {
            let token = Token {
                kind: Kind::End,
                range: self.at..self.at,
                line: self.line,
                is_indented: false,
                is_first: false,
            };
            self.tokens.push(token);
        }
    }

    fn push(&mut self, kind: Kind, start: usize, line: usize) {
        let is_first = std::mem::take(&mut self.begins);
        self.is_fresh = false;
        self.tokens.push(Token { kind, range: start..self.at, line, is_indented: is_first && self.indent, is_first });
    }

    fn token(&mut self, byte: u8) {
        let (start, line) = (self.at, self.line);
        if is_name_start(byte) {
            let length = self.bytes[start..].iter().take_while(|byte| is_name_part(**byte)).count();
            self.at += length;
            if matches!(self.byte(0), b'"' | b'\'') && is_prefix(&self.bytes[start..self.at]) {
                let prefix = self.bytes[start..self.at].to_ascii_lowercase();
                self.string(prefix.contains(&b'f') || prefix.contains(&b't'));
                return self.push(Kind::String, start, line);
            }
            return self.push(Kind::Name, start, line);
        }
        match byte {
            b'"' | b'\'' => {
                self.string(false);
                self.push(Kind::String, start, line);
            }
            b'0'..=b'9' => {
                let is_part = |byte: &&u8| is_name_part(**byte) || **byte == b'.';
                self.at += self.bytes[start..].iter().take_while(is_part).count();
                self.push(Kind::Number, start, line);
            }
            _ => self.sign(byte),
        }
    }

    fn sign(&mut self, byte: u8) {
        let (start, line) = (self.at, self.line);
        match byte {
            b'(' | b'[' | b'{' => self.depth += 1,
            b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        let before_equals = b"=!<>:+-*/%&|^@";
        self.at += if before_equals.contains(&byte) && self.byte(1) == b'=' { 2 } else { 1 };
        self.push(Kind::Sign, start, line);
        // Statements on one line count as separate lines here.
        if byte == b';' && self.depth == 0 {
            self.tokens.pop();
            self.end();
            self.begins = true;
        }
    }

    /// Skips the string that begins here, at its quote.
    fn string(&mut self, is_formatted: bool) {
        let quote = self.byte(0);
        let is_long = self.byte(1) == quote && self.byte(2) == quote;
        self.at += if is_long { 3 } else { 1 };
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b'\\' => {
                    self.at += 1;
                    self.in_string();
                }
                byte if byte == quote && !is_long => {
                    self.at += 1;
                    return;
                }
                byte if byte == quote && self.byte(1) == quote && self.byte(2) == quote => {
                    self.at += 3;
                    return;
                }
                // An unclosed string: the line ends it, an error in Python.
                b'\n' | b'\r' if !is_long => return,
                b'{' if is_formatted && self.byte(1) == b'{' => self.at += 2,
                b'{' if is_formatted => self.replacement(),
                _ => self.in_string(),
            }
        }
        self.at = self.bytes.len();
    }

    /// Skips one byte of a string.
    fn in_string(&mut self) {
        let is_line = self.byte(0) == b'\n' || self.byte(0) == b'\r' && self.byte(1) != b'\n';
        self.line += usize::from(is_line && self.at < self.bytes.len());
        self.at += 1;
    }

    /// Skips `{…}` in a formatted string, which may contain strings in the same quotes (PEP 701).
    fn replacement(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match self.byte(0) {
                b'{' | b'(' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b')' | b']' => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                    if depth == 0 {
                        return;
                    }
                }
                b'"' | b'\'' => self.string(false),
                _ => self.in_string(),
            }
        }
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_name_part(byte: u8) -> bool {
    is_name_start(byte) || byte.is_ascii_digit()
}

fn is_prefix(word: &[u8]) -> bool {
    matches!(
        word.to_ascii_lowercase().as_slice(),
        b"r" | b"u" | b"b" | b"f" | b"t" | b"rb" | b"br" | b"rf" | b"fr" | b"rt" | b"tr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        tokens(source).iter().map(|token| source[token.range.clone()].to_owned()).collect()
    }

    #[test]
    fn lines_are_joined_in_brackets_and_by_a_backslash() {
        assert_eq!(
            shown("a = (1,\r\n # x\n 2)\nb = \\\n3; c"),
            ["a", "=", "(", "1", ",", "2", ")", "", "b", "=", "3", "", "c", ""]
        );
    }

    #[test]
    fn strings_of_every_kind_are_one_token() {
        for source in [
            "'a\\'b'",
            "\"\"\"a\n\"b\" \\\"\"\" c\"\"\"",
            "rb'x'",
            "F'''{a['x']} {{ ' '''",
            "f\"{d[\"x\"]}\"",
            "f'{x:{w}}'",
            "''",
            "\"\"",
        ] {
            let found = tokens(source);
            assert_eq!((found.len(), found[0].kind), (2, Kind::String), "{source}: {:?}", shown(source));
        }
    }

    #[test]
    fn a_lines_beginning_and_number_are_known() {
        let found = tokens("\u{feff}'''x\ny'''\nif a:\n    b = 1\nc = 2");
        let first: Vec<(usize, bool)> =
            found.iter().filter(|token| token.is_first).map(|token| (token.line, token.is_indented)).collect();
        assert_eq!(first, [(1, false), (3, false), (4, true), (5, false)]);
    }

    #[test]
    fn what_is_no_python_ends_all_the_same() {
        for source in
            ["'abc\nx = 1", "'''abc", "f'{", "((((", "))))", "\\", "\"\\", "é = 'ü'", "f'{)}}", "\u{0}", "f'''{a'"]
        {
            let found = tokens(source);
            assert!(found.iter().all(|token| token.range.end <= source.len()), "{source}");
        }
    }
}
