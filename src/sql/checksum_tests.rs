//! Compares the checksum of a script with PostgreSQL's own lexer and grammar: equal only if the server reads the same.

use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;

use super::{corpus, parse};
use crate::chain::checksum::checksum;

/// Statements that are close to others: one character more or less changes a lexeme.
const CLOSE: &[&str] = &[
    "SELECT 1.5, .5, 5., 1e5, 1e-5, 1_000, 0x1F, 0b10, 0o17, -1, +-1, - -1",
    "SELECT a.b, a . c, t.*, x[1:2], (c).d, a<=b, a< -b, a<>b, a!=b, a=-1, a*-1, a||b, a::int, j->'x'->>'y', j#>'{a}', @-1",
    "SELECT 'a''b', E'a\\'b', U&'\\0061', U&\"\\0061\", B'01', X'1F', $$x$$, $q$ 'x' $q$, date'2024-01-01'",
    "SELECT 'a'\n'b', E'a'\n'\\'b', B'0'\n'1', 'a' -- c\n'b'",
    "SELECT \"A\"\"b\", \"a\", A, é, a$1, f(a=>1, b:=2), ARRAY[[1,2],[3]] AS \"x y\"",
    "CREATE TABLE Grp (id int PRIMARY KEY, \"Name\" text DEFAULT 'a  b' CHECK (\"Name\"<>''), n numeric(5,2))",
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN $1+1",
    "CREATE OPERATOR === (LEFTARG=int, RIGHTARG=int, FUNCTION=int4eq); SELECT 1===2, 1 OPERATOR(pg_catalog.+) 2",
    "SELECT a&b, u&'x', a|b, a#b, a~b, a!~~*b, a<->b, a@>b, a?b, a%b, a^2, |/4, ||/8, a<<|b",
];

/// The server's parse tree of a text, without positions. None if the server refuses it.
fn tree(text: &str) -> Option<String> {
    let shown = parse::with_tree(text, |_, tree| format!("{tree:?}")).ok()?;
    let mut out = String::new();
    let mut rest = shown.as_str();
    while let Some((before, after)) = ["location: ", "stmt_len: ", "list_start: ", "list_end: "]
        .iter()
        .filter_map(|field| rest.find(field).map(|at| at + field.len()))
        .min()
        .map(|at| rest.split_at(at))
    {
        out.push_str(before);
        rest = after.trim_start_matches(|letter: char| letter == '-' || letter.is_ascii_digit());
    }
    Some(out + rest)
}

/// The scripts of the tests and the examples, and the ones above.
fn corpus() -> &'static [String] {
    static CORPUS: OnceLock<Vec<String>> = OnceLock::new();
    CORPUS.get_or_init(read_corpus)
}

fn read_corpus() -> Vec<String> {
    let mut texts: Vec<String> = CLOSE.iter().map(|text| (*text).to_owned()).collect();
    texts.extend(["tests/fixtures", "examples"].into_iter().flat_map(corpus::scripts));
    texts.retain(|text| text.len() < 4_000 && tree(text).is_some());
    assert!(texts.len() > 100, "the corpus is gone");
    texts
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just(" "),
        Just("\t\u{c}"),
        Just("\r\n  "),
        Just("\n\n"),
        Just("/* a /* ' */ */"),
        Just(" -- it's; \"b\"\n")
    ]
}

/// True if two tokens without a gap between them may merge.
fn join(before: &str, after: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || "_'\"$.".contains(letter);
    let is_operator = |letter: char| "~!@#^&|`?+-*/%<>=:".contains(letter);
    let touching = before.chars().next_back().zip(after.chars().next());
    touching.is_some_and(|(a, b)| is_word(a) && is_word(b) || is_operator(a) && is_operator(b))
}

/// The text with other gaps between the server's tokens, and with other letter case in its unquoted words.
fn reformatted(text: &str, gaps: &[(&'static str, bool)]) -> Option<String> {
    use pg_query::protobuf::Token::{CComment, SqlComment};
    let tokens = pg_query::scan(text).ok()?.tokens;
    let mut gaps = gaps.iter().cycle();
    let mut out = String::new();
    for token in tokens.iter().filter(|token| !matches!(token.token(), SqlComment | CComment)) {
        let written = text.get(usize::try_from(token.start).ok()?..usize::try_from(token.end).ok()?)?;
        let (gap, upper) = gaps.next()?;
        out.push_str(if gap.is_empty() && join(&out, written) { " " } else { gap });
        let is_word = !written.starts_with(|letter: char| letter.is_ascii_digit())
            && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match (is_word, upper) {
            (true, true) => out.push_str(&written.to_ascii_uppercase()),
            (true, false) => out.push_str(&written.to_ascii_lowercase()),
            (false, _) => out.push_str(written),
        }
    }
    Some(out)
}

proptest! {
    #[test]
    fn a_script_in_another_format_has_the_same_checksum(
        at in any::<Index>(),
        gaps in proptest::collection::vec((gap(), any::<bool>()), 1..40),
    ) {
        let text = at.get(corpus());
        let again = reformatted(text, &gaps).expect("tokens");
        prop_assert_eq!(tree(&again), tree(text), "{:?}", again);
        prop_assert_eq!(checksum(text), checksum(&again), "{:?} and {:?}", text, again);
    }

    #[test]
    fn a_script_that_says_something_else_has_another_checksum(
        at in any::<Index>(),
        edits in proptest::collection::vec((any::<Index>(), 0..2usize, "[-+*/<>=:.|&@~'\"$EeUuBbXxaA01_ \n;(),]{0,2}"), 1..3),
    ) {
        let text = at.get(corpus());
        let mut chars: Vec<char> = text.chars().collect();
        for (at, cut, insert) in edits {
            let at = at.index(chars.len() + 1);
            let end = chars.len().min(at + cut);
            chars.splice(at..end, insert.chars());
        }
        let edited: String = chars.into_iter().collect();
        if tree(&edited) != tree(text) {
            prop_assert_ne!(checksum(text), checksum(&edited), "{:?} and {:?}", text, edited);
        }
    }

    #[test]
    fn close_tokens_are_told_apart_where_the_server_does(
        tokens in proptest::collection::vec("[-+*/<>=:.|&@]{1,2}|'[a']?'|[eEuUbBxXnN]|[a]|[019]{1,2}|_|&|\\$|\"a\"|\n|;", 1..7),
        gaps in proptest::collection::vec((gap(), gap()), 7),
    ) {
        let join = |pick: fn(&(&'static str, &'static str)) -> &'static str| {
            tokens.iter().zip(&gaps).fold("SELECT ".to_owned(), |text, (token, gap)| text + token + pick(gap))
        };
        let (one, other) = (join(|gap| gap.0), join(|gap| gap.1));
        if tree(&one) != tree(&other) {
            prop_assert_ne!(checksum(&one), checksum(&other), "{:?} and {:?}", one, other);
        }
    }
}
