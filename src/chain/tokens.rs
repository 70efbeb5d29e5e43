//! The tokens of a script in normal form: differences that a formatter makes disappear, differences that the server reads remain.
//!
//! The rules are those of PostgreSQL's lexer (`src/backend/parser/scan.l`). If server versions read a text differently (`1a`,
//! `$1a`), its pieces stay together: a gap there is a change.

use super::scan::{self, Kind, Piece};

/// No token contains it: a script with a NUL byte is refused.
const SEPARATOR: u8 = 0;

/// Joins the tokens of a text, one run of code at a time: no token continues after white space or a comment. Two scripts are equal
/// here if they differ only in comments, white space between tokens, line ends (CRLF for LF), and the case of ASCII letters in
/// unquoted words.
#[derive(Default)]
pub(super) struct Joiner {
    text: String,
    /// The last piece of the previous run, the gap, and the run.
    pieces: Vec<Piece>,
    has_previous: bool,
    /// The first piece of the run, once it is there.
    run: Option<usize>,
    /// True inside a psql command, which ends with its line.
    in_command: bool,
}

impl Joiner {
    /// Takes the next piece of the text. The tokens of a run that it ends go to `out`.
    pub fn take(&mut self, kind: Kind, piece: &str, out: &mut Vec<u8>) {
        if !kind.is_code() {
            self.end_run(out);
        } else if self.run.is_none() {
            self.run = Some(self.pieces.len());
        }
        let start = self.text.len();
        self.text.push_str(piece);
        self.pieces.push(Piece { kind, range: start..self.text.len() });
    }

    /// Takes the end of the text.
    pub fn end(mut self, out: &mut Vec<u8>) {
        self.end_run(out);
        if let Some(last) = self.pieces.last().filter(|last| last.kind == Kind::BlockComment)
            && scan::is_unclosed(&self.text[last.range.clone()])
        {
            out.push(SEPARATOR);
            out.extend_from_slice(&self.text.as_bytes()[last.range.clone()]);
        }
    }

    fn end_run(&mut self, out: &mut Vec<u8>) {
        let Some(mut at) = self.run.take() else { return };
        let reader = Reader { text: &self.text, pieces: &self.pieces };
        let mut gap = usize::from(self.has_previous);
        while at < self.pieces.len() {
            if gap > 0 {
                let ends_command = self.in_command && reader.breaks_line(gap, at);
                self.in_command &= !ends_command;
                out.push(if ends_command || reader.goes_on(gap, at) { b'\n' } else { SEPARATOR });
            }
            let end = at + reader.token(at);
            self.in_command |= reader.bytes(at) == b"\\";
            if (at..end).any(|piece| reader.bytes(piece)[0].is_ascii_digit()) {
                (at..end).for_each(|piece| out.extend_from_slice(reader.bytes(piece)));
            } else {
                (at..end).for_each(|piece| reader.push(piece, out));
            }
            (at, gap) = (end, end);
        }
        self.keep_last();
    }

    fn keep_last(&mut self) {
        let Some(Piece { kind, range }) = self.pieces.pop() else { return };
        self.pieces.clear();
        self.text.drain(..range.start);
        self.pieces.push(Piece { kind, range: 0..range.len() });
        self.has_previous = true;
    }
}

struct Reader<'a> {
    text: &'a str,
    pieces: &'a [Piece],
}

impl Reader<'_> {
    /// Empty beyond the end of the text.
    fn bytes(&self, at: usize) -> &[u8] {
        self.pieces.get(at).map_or(&[], |piece| &self.text.as_bytes()[piece.range.clone()])
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.pieces.get(at).map(|piece| piece.kind)
    }

    /// The number of adjacent pieces that form the token beginning with this one.
    fn token(&self, at: usize) -> usize {
        let (next, is_quote) = (self.bytes(at + 1), |at: usize| self.bytes(at).starts_with(b"'"));
        match (self.kind(at), self.bytes(at)) {
            (Some(Kind::Word), [b'0'..=b'9', ..]) => self.number(at),
            (Some(Kind::Word), [b'b' | b'B' | b'x' | b'X' | b'n' | b'N']) if is_quote(at + 1) => 2,
            (Some(Kind::Word), [b'u' | b'U'])
                if next == b"&" && (is_quote(at + 2) || self.kind(at + 2) == Some(Kind::Name)) =>
            {
                3
            }
            (_, b"." | b"$") if next.first().is_some_and(u8::is_ascii_digit) => 1 + self.number(at + 1),
            (_, b".") if next == b"." => 2,
            (_, b":") if matches!(next, b":" | b"=") => 2,
            (Some(Kind::Symbol), [symbol]) if is_operator(*symbol) => self.operator(at),
            _ => 1,
        }
    }

    /// A number includes everything adjacent: `1.5`, `1e-5`, `0x1F`, `1_000`, `1a`.
    fn number(&self, from: usize) -> usize {
        let is_hexadecimal = self.bytes(from) == b"0" && matches!(self.bytes(from + 1), [b'x' | b'X', ..]);
        let mut at = from + 1;
        loop {
            let is_exponent = !is_hexadecimal && self.bytes(at - 1).last().is_some_and(|last| b"eE".contains(last));
            let next_is_digit = self.bytes(at + 1).first().is_some_and(u8::is_ascii_digit);
            let belongs = match (self.kind(at), self.bytes(at)) {
                (Some(Kind::Word | Kind::String | Kind::Dollar | Kind::Name), _) | (_, b".") => true,
                (_, b"+" | b"-") => is_exponent && next_is_digit,
                _ => false,
            };
            if !belongs {
                return at - from;
            }
            at += 1;
        }
    }

    /// An operator is as long as possible, but ends in `+` or `-` only if it contains one of the symbols that standard SQL
    /// operators do not use (PostgreSQL documentation 4.1.3): `a=-1` is `a = -1`.
    fn operator(&self, from: usize) -> usize {
        let symbol = |at: &usize| match (self.kind(*at), self.bytes(*at)) {
            (Some(Kind::Symbol), [symbol]) if is_operator(*symbol) => Some(*symbol),
            _ => None,
        };
        let run: Vec<u8> = (from..).map_while(|at| symbol(&at)).collect();
        if run.iter().any(|symbol| b"~!@#%^&|`?".contains(symbol)) {
            return run.len();
        }
        let sign = |symbol: &u8| b"+-".contains(symbol);
        run.iter().rposition(|symbol| !sign(symbol)).map_or(1, |last| last + 1)
    }

    /// True if the string after the gap continues the one before it: the gap has a line break and no block comment.
    fn goes_on(&self, gap: usize, at: usize) -> bool {
        self.kind(gap - 1) == Some(Kind::String)
            && self.bytes(at).starts_with(b"'")
            && self.breaks_line(gap, at)
            && !(gap..at).any(|at| self.kind(at) == Some(Kind::BlockComment))
    }

    fn breaks_line(&self, gap: usize, at: usize) -> bool {
        (gap..at).any(|at| self.kind(at) == Some(Kind::Space) && self.bytes(at).iter().any(|b| b"\n\r".contains(b)))
    }

    fn push(&self, at: usize, out: &mut Vec<u8>) {
        match (self.kind(at), self.bytes(at)) {
            (Some(Kind::String), [b'e' | b'E', string @ ..]) => {
                out.push(b'e');
                push_with_lf(out, string);
            }
            (Some(Kind::String | Kind::Dollar | Kind::Name), bytes) => push_with_lf(out, bytes),
            (_, bytes) => out.extend(bytes.iter().map(u8::to_ascii_lowercase)),
        }
    }
}

/// `op_chars` in scan.l.
fn is_operator(symbol: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&symbol)
}

/// Appends bytes with LF for each CRLF.
pub(super) fn push_with_lf(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some(at) = memchr::memmem::find(rest, b"\r\n") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\n');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(text: &str) -> Vec<u8> {
        let (mut joiner, mut out) = (Joiner::default(), Vec::new());
        scan::scan(text).for_each(|piece| joiner.take(piece.kind, &text[piece.range], &mut out));
        joiner.end(&mut out);
        out
    }

    #[test]
    fn what_a_formatter_changes_is_equal() {
        let pairs = [
            ("CREATE TABLE t (id int)", "create table T(\n  id  INT\n)"),
            ("SELECT a=-1,b||'x'::text", "SELECT a = - 1, b || 'x' :: text"),
            ("SELECT a*-1, b->-1", "SELECT a * - 1, b -> - 1"),
            ("SELECT t.a, x[1:2], f(a=>1)", "SELECT t . a, x [ 1 : 2 ], f ( a => 1 )"),
            ("SELECT date'2024-01-01' , E'a', B'01'", "SELECT DATE /* c */ '2024-01-01', e'a', b'01'"),
            ("SELECT 'a'\n'b'", "SELECT 'a' -- c\r\n\t  'b'"),
            ("\\restrict x\nSELECT 1", "\\restrict  x\r\n\r\nselect 1"),
        ];
        for (a, b) in pairs {
            assert_eq!(joined(a), joined(b), "{a:?} and {b:?}");
        }
    }

    #[test]
    fn what_the_server_reads_otherwise_is_not() {
        let pairs = [
            ("a b", "ab"),
            ("1.5", "1 .5"),
            ("1.5", "1. 5"),
            ("1e5", "1 e5"),
            ("1e-5", "1e - 5"),
            ("1_000", "1 _000"),
            ("0x1F", "0 x1F"),
            ("1a", "1 a"),
            ("1e5", "1E5"),
            ("$1", "$ 1"),
            ("$1a", "$1 a"),
            ("a<=b", "a< =b"),
            ("a::b", "a: :b"),
            ("a||b", "a| |b"),
            ("a:=b", "a: =b"),
            ("1..2", "1. .2"),
            ("@-1", "@ -1"),
            ("E'x'", "E 'x'"),
            ("B'0'", "B '0'"),
            ("N'0'", "N '0'"),
            ("U&'a'", "U & 'a'"),
            ("U&'a'", "U& 'a'"),
            ("U&\"a\"", "U &\"a\""),
            ("'a'\n'b'", "'a' 'b'"),
            ("'a'\n'b'", "'a' /* c */\n'b'"),
            ("'a'\n'b'", "'a''b'"),
            ("'a'\n'b'", "'ab'"),
            ("\"a\"\"b\"", "\"a\" \"b\""),
            ("\"a\"", "\"A\""),
            ("\"a\"", "a"),
            ("'a'", "'A'"),
            ("$a$x$a$", "$a$X$a$"),
            ("$a$x$a$", "$A$x$A$"),
            ("é", "É"),
            ("- -1", "--1"),
            ("\\restrict x\nSELECT 1", "\\restrict x SELECT 1"),
        ];
        for (a, b) in pairs {
            assert_ne!(joined(a), joined(b), "{a:?} and {b:?}");
        }
    }
}
