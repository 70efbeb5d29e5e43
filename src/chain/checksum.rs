//! The two fingerprints of a revision's script: one of its tokens, one of its bytes.

use sha2::{Digest, Sha256};

use super::hex::hex;
use super::scan::{self, Kind};
use super::text::Text;
use super::tokens::{self, Joiner};

/// The rules of a checksum, which precede its `:`. New checksums use the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Ignored or normalized: a BOM, comments (each reads as white space), the length of white space outside quotes, white space
    /// at both ends, and CRLF against LF. Quoted text counts byte for byte.
    One,
    /// Tokens: white space and comments between them may also be added or removed, and unquoted words may change their case.
    Two,
}

impl Version {
    pub const ALL: [Self; 2] = [Self::One, Self::Two];

    /// The version of this checksum; none for one of a newer lockgate, or one written by hand.
    pub fn of(checksum: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| checksum.starts_with(version.prefix()))
    }

    /// The prefix of its checksums.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::One => "1:",
            Self::Two => "2:",
        }
    }

    /// The checksum of a script's content: the prefix and the SHA-256 in hexadecimal.
    pub fn checksum(self, text: &str) -> String {
        let mut sum = Sum::of(self);
        scan::pieces(text, |kind, piece| sum.take(kind, piece));
        sum.end()
    }

    /// The same for a text that may be in its file. One that is not available has the checksum of no script.
    pub fn of_text(self, text: &Text) -> String {
        let mut sum = Sum::of(self);
        match text.pieces(&mut |kind, piece| sum.take(kind, piece)) {
            Ok(()) => sum.end(),
            Err(_) => text.once(|none| self.checksum(none)),
        }
    }
}

/// A checksum in the making.
struct Sum {
    version: Version,
    normal: Normal,
    said: Vec<u8>,
    hash: Sha256,
}

/// The normalization of each version.
enum Normal {
    One { is_first: bool, space_before: bool },
    Two(Joiner),
}

impl Sum {
    fn of(version: Version) -> Self {
        let normal = match version {
            Version::One => Normal::One { is_first: true, space_before: false },
            Version::Two => Normal::Two(Joiner::default()),
        };
        Self { version, normal, said: Vec::with_capacity(2 * CHUNK), hash: Sha256::new() }
    }

    fn take(&mut self, kind: Kind, piece: &str) {
        self.normal.take(kind, piece, &mut self.said);
        if self.said.len() >= CHUNK {
            self.hash.update(self.said.as_slice());
            self.said.clear();
        }
    }

    fn end(mut self) -> String {
        self.normal.end(&mut self.said);
        self.hash.update(&self.said);
        format!("{}{}", self.version.prefix(), hex(&self.hash.finalize()))
    }
}

impl Normal {
    fn take(&mut self, kind: Kind, piece: &str, out: &mut Vec<u8>) {
        match self {
            Self::Two(joiner) => joiner.take(kind, piece, out),
            Self::One { space_before, .. } if !kind.is_code() => *space_before = true,
            Self::One { is_first, space_before } => {
                if *space_before && !*is_first {
                    out.push(b' ');
                }
                (*is_first, *space_before) = (false, false);
                match kind {
                    Kind::String | Kind::Dollar | Kind::Name => tokens::push_with_lf(out, piece.as_bytes()),
                    _ => out.extend_from_slice(piece.as_bytes()),
                }
            }
        }
    }

    fn end(self, out: &mut Vec<u8>) {
        match self {
            Self::One { .. } => {}
            Self::Two(joiner) => joiner.end(out),
        }
    }
}

/// The bytes that are hashed at once: the normalized script is never in memory as a whole.
const CHUNK: usize = 4 << 10;

/// The rules of new checksums.
pub const NEWEST: Version = Version::Two;

/// The checksum of a script's content by the newest rules.
pub fn checksum(text: &str) -> String {
    NEWEST.checksum(text)
}

/// True if this is the checksum of the script's content, by the rules of the checksum's version.
pub fn is_of(checksum: &str, text: &str) -> bool {
    Version::of(checksum).is_some_and(|version| version.checksum(text) == checksum)
}

/// The SHA-256 of a file's raw bytes, in hexadecimal.
pub fn bytes_digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn normalized(text: &str) -> Vec<u8> {
        let (mut normal, mut out) = (Sum::of(Version::One).normal, Vec::new());
        scan::pieces(text, |kind, piece| normal.take(kind, piece, &mut out));
        out
    }

    #[test]
    fn the_rules_of_version_1_never_change() {
        assert_eq!(normalized("\u{feff} SELECT\r\n /* a */ 'x  y\r\n' -- end\n;\n"), b"SELECT 'x  y\n' ;");
        let checksum = |text| Version::One.checksum(text);
        assert_eq!(checksum(""), "1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(checksum("SELECT 1;"), "1:17db4fd369edb9244b9f91d9aeed145c3d04ad8ba6e95d06247f07a63527d11a");
    }

    #[test]
    fn what_separates_tokens_still_separates_them() {
        assert_ne!(checksum("SELECT a b"), checksum("SELECT ab"));
        assert_eq!(checksum("SELECT a/**/b"), checksum("SELECT a b"));
    }

    #[test]
    fn a_comment_that_does_not_end_counts() {
        assert_ne!(checksum("SELECT a"), checksum("SELECT a /* b"));
        assert_ne!(checksum("SELECT a"), checksum("SELECT a /* /* b */"));
        assert_eq!(checksum("SELECT a"), checksum("SELECT a /* /* b */ */"));
    }

    /// Tokens that are separate in every script of the properties below; a comma, because a line break joins two strings.
    fn tokens() -> impl Strategy<Value = Vec<String>> {
        let token = prop_oneof![
            "[a-z]{1,5}",
            "'[a-z ;-]{0,5}',",
            "E'[a-z ]{0,3}',",
            "\"[a-z ;-]{0,5}\"",
            "\\$q\\$[a-z' ;-]{0,5}\\$q\\$",
            "[0-9]{1,3}",
            "[();,]"
        ];
        proptest::collection::vec(token, 1..12)
    }

    fn gap() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("\n".to_owned()),
            Just("\r\n\t ".to_owned()),
            Just(" /* ' /* nested */ $q$ */ ".to_owned()),
            Just(" -- it's; \"a\"\r\n".to_owned()),
            Just("/**/".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn comments_and_white_space_do_not_count(tokens in tokens(), gaps in proptest::collection::vec(gap(), 13)) {
            let plain = tokens.join(" ");
            let mut decorated = String::from("\u{feff}");
            for (token, gap) in tokens.iter().zip(&gaps) {
                decorated.push_str(gap);
                decorated.push_str(token);
            }
            decorated.push_str(&gaps[12]);
            prop_assert_eq!(checksum(&plain), checksum(&decorated));
            prop_assert_eq!(checksum(&plain), checksum(&decorated.replace("\r\n", "\n")));
        }

        #[test]
        fn every_byte_in_a_quote_counts(body in "[a-z ]{1,20}", at in any::<prop::sample::Index>(), form in 0..4usize) {
            let quote = |body: &str| match form {
                0 => format!("SELECT '{body}'"),
                1 => format!("SELECT E'{body}'"),
                2 => format!("SELECT \"{body}\""),
                _ => format!("SELECT $q$ {body}$q$"),
            };
            let mut changed = body.clone().into_bytes();
            let at = at.index(changed.len());
            changed[at] = if changed[at] == b' ' { b'\t' } else { b' ' };
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_ne!(checksum(&quote(&body)), checksum(&quote(&changed)));
        }

        #[test]
        fn any_text_has_a_checksum(text in ".{0,80}") {
            prop_assert_eq!(checksum(&text).len(), 66);
        }
    }
}
