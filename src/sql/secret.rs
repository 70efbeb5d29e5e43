//! The literals of a script that may be secrets.
//!
//! The tree decides if the kind of a statement implies it (`statement::secrecy`). Words decide the rest, with or without a tree:
//! a name or a literal that announces a secret hides every literal of its statement.

use std::ops::Range;

use crate::chain::scan::{Kind, Piece};

/// The literals of a statement that are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secrecy {
    /// None: they are useful to readers.
    Open,
    /// The strings, and those in the code within `$$ … $$`.
    Code,
    /// All literals.
    Closed,
}

/// The secrecy with the announcements in a statement's words.
pub(crate) fn of_words(text: &str, pieces: &[Piece], from_tree: Secrecy) -> Secrecy {
    if from_tree == Secrecy::Open && says_secret(text, pieces) { Secrecy::Closed } else { from_tree }
}

/// True if a name or a literal announces a secret.
fn says_secret(text: &str, pieces: &[Piece]) -> bool {
    let mut code = pieces.iter().filter(|piece| piece.kind.is_code()).peekable();
    while let Some(piece) = code.next() {
        let word = &text[piece.range.clone()];
        let is_said = match piece.kind {
            Kind::Word if word.eq_ignore_ascii_case("options") => {
                code.peek().is_some_and(|next| &text[next.range.clone()] == "(")
            }
            Kind::Word | Kind::Name if bare(word).eq_ignore_ascii_case("set_config") => {
                let mut arguments = code.clone().skip(1);
                let name = arguments.next().filter(|piece| piece.kind == Kind::String);
                let is_plain = arguments.next().is_some_and(|next| &text[next.range.clone()] == ",");
                let is_secret = |piece: &Piece| is_secret_parameter(text[piece.range.clone()].trim_matches('\''));
                !is_plain || name.is_none_or(is_secret)
            }
            Kind::Word => announces(word),
            // The letters of `U&"…"` are escaped.
            Kind::Name => announces(word) || text[..piece.range.start].ends_with('&'),
            Kind::String | Kind::Dollar => literal_announces(text, piece),
            _ => false,
        };
        if is_said {
            return true;
        }
    }
    false
}

fn literal_announces(text: &str, piece: &Piece) -> bool {
    let literal = &text[piece.range.clone()];
    // An escape may hide any letter of the announcement.
    let is_escaped =
        literal.starts_with(['e', 'E']) && literal.contains('\\') || text[..piece.range.start].ends_with('&');
    is_escaped || literal.contains("://") || looks_secret(literal) || announces(literal)
}

/// True for the beginnings of well-known keys and tokens.
fn looks_secret(literal: &str) -> bool {
    let value = literal.trim_start_matches(['\'', '$']);
    ["-----BEGIN", "eyJ", "AKIA", "sk_live", "sk-", "ghp_", "xoxb-"].iter().any(|start| value.starts_with(start))
}

/// Parts of names that announce a secret.
const PARTS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "conninfo",
    "crypt",
    "hmac",
    "bearer",
    "authorization:",
    "dblink",
    "apikey",
    "accesskey",
    "privatekey",
    "passkey",
];
/// The same as whole words of a name.
const WORDS: [&str; 11] = ["connection", "pwd", "pw", "pass", "jwt", "otp", "totp", "pin", "salt", "dsn", "digest"];
/// Words before `key` that make it a secret: `api_key`, not `sort_key`.
const KEYS: [&str; 14] = [
    "api",
    "access",
    "private",
    "encryption",
    "encrypted",
    "signing",
    "master",
    "service",
    "role",
    "auth",
    "license",
    "ssh",
    "server",
    "account",
];
/// Parameters whose names suggest a secret without containing one.
const HARMLESS: [&str; 3] = ["password_encryption", "ssl_key_file", "krb_server_keyfile"];

/// True if a secret is likely beside the name, or in the literal.
pub(crate) fn announces(name: &str) -> bool {
    if name.len() < 2 {
        return false;
    }
    let name = name.to_ascii_lowercase();
    if HARMLESS.contains(&bare(&name)) {
        return false;
    }
    let is_word = |part: &&str| WORDS.contains(part);
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let mut before = "";
    PARTS.iter().any(|part| name.contains(part))
        || words.any(|word| {
            let is_key = matches!(word, "key" | "keys") && KEYS.contains(&before);
            before = word;
            is_key || is_word(&word)
        })
}

/// True if a parameter's value is a secret: always for custom ones (`app.token`), by the name for the server's own.
fn is_secret_parameter(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !HARMLESS.contains(&name.as_str())
        && (name.contains('.') || name.ends_with("_command") || name.contains("key") || announces(&name))
}

fn bare(name: &str) -> &str {
    name.trim_matches('"')
}

/// Finds the values that may be secrets and need no quotes: `SET app.pin = 1234`, `ROLE r PASSWORD x`.
pub(crate) fn values(text: &str, pieces: &[Piece]) -> Vec<Range<usize>> {
    let code: Vec<&Piece> = pieces.iter().filter(|piece| piece.kind.is_code()).collect();
    let word = |at: usize| code.get(at).map_or("", |piece| &text[piece.range.clone()]);
    let is = |at: usize, keyword: &str| word(at).eq_ignore_ascii_case(keyword);
    let is_name = |at: usize| code.get(at).is_some_and(|piece| matches!(piece.kind, Kind::Word | Kind::Name));
    let mut found = Vec::new();
    let mut of_role = false;
    for at in 0..code.len() {
        match code[at].kind {
            Kind::Symbol if word(at) == ";" => of_role = false,
            Kind::Word if is(at, "role") || is(at, "user") => of_role = true,
            Kind::Word if of_role && is(at, "password") && is_name(at + 1) && !is(at + 1, "null") => {
                found.push(code[at + 1].range.clone());
            }
            Kind::Word if is(at, "set") => {
                let mut name_at = at + 1 + usize::from(is(at + 1, "local") || is(at + 1, "session"));
                let mut name = bare(word(name_at)).to_owned();
                while is_name(name_at) && word(name_at + 1) == "." {
                    name_at += 2;
                    name = format!("{name}.{}", bare(word(name_at)));
                }
                let assigns = word(name_at + 1) == "=" || is(name_at + 1, "to");
                if is_name(name_at) && assigns && is_secret_parameter(&name) {
                    assigned(text, &code[(name_at + 2).min(code.len())..], &mut found);
                }
            }
            _ => {}
        }
    }
    found
}

/// The values of a list: each a word or a literal, with its sign or its prefix.
fn assigned(text: &str, code: &[&Piece], found: &mut Vec<Range<usize>>) {
    let mut code = code.iter().peekable();
    while let Some(first) = code.next() {
        let mut end = first.range.end;
        if matches!(&text[first.range.clone()], "-" | "+") {
            end = code.next().map_or(end, |number| number.range.end);
        }
        while let Some(next) = code.next_if(|next| {
            let is_joined = next.range.start == end && !matches!(&text[next.range.clone()], "," | ";" | ")");
            is_joined || next.kind == Kind::String
        }) {
            end = next.range.end;
        }
        found.push(first.range.start..end);
        if code.next_if(|next| &text[next.range.clone()] == ",").is_none() {
            return;
        }
    }
}

pub(crate) fn is_literal(piece: &Piece) -> bool {
    matches!(piece.kind, Kind::String | Kind::Dollar)
}

/// The pieces that look like code but are literals, because an earlier quote is missing or superfluous: text between two strings
/// that touches one of them, and text that touches the first string.
pub(crate) fn turned_inside_out(text: &str, pieces: &[Piece]) -> Vec<bool> {
    let mut turned = Vec::with_capacity(pieces.len());
    for span in pieces.split_inclusive(is_literal) {
        let follows = !turned.is_empty();
        let has_end = span.last().is_some_and(is_literal);
        let code = &span[..span.len() - usize::from(has_end)];
        let touching = if has_end { code.iter().rev().take_while(|piece| piece.kind.is_code()).count() } else { 0 };
        let ends_early = touching > 0 && !is_prefix(text, code);
        let from = match code.first() {
            Some(first) if follows && (ends_early || begins_late(text, first)) => 0,
            _ if ends_early => code.len() - touching,
            _ => code.len(),
        };
        turned.extend((0..span.len()).map(|at| at >= from && at < code.len()));
    }
    turned
}

/// True if code ends as it may directly before a literal: with a symbol, or with a prefix, as in `(N'…'`.
fn is_prefix(text: &str, code: &[Piece]) -> bool {
    let [.., before, last] = code else { return true };
    let word = &text[last.range.clone()];
    last.kind == Kind::Symbol
        || matches!(word, "n" | "N" | "b" | "B" | "x" | "X")
            && (!before.kind.is_code() || matches!(&text[before.range.clone()], "(" | "," | "=" | "|" | "["))
}

/// True if a piece directly after a literal cannot be code there.
fn begins_late(text: &str, piece: &Piece) -> bool {
    let after = [',', ')', ';', ':', ']', '|', '.', '=', '<', '>', '+', '-', '*', '/'];
    piece.kind.is_code() && !text[piece.range.clone()].starts_with(after)
}
