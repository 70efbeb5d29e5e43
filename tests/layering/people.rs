//! Texts that are meant for people: no decision reads one. A decision takes a typed value, so that the wording of a sentence can
//! change.

use std::collections::BTreeSet;

use super::{code_of, shown, sources};

/// Fields, methods and names of values that hold a text for people.
const TEXTS: [&str; 12] = [
    "reason",
    "reasons",
    "why",
    "says",
    "advice",
    "help",
    "details",
    "provisional",
    "display",
    "to_string",
    "sentence",
    "message",
];

/// The same for fields and methods only: a variable of such a name may hold the input of a reader.
const MEMBERS: [&str; 3] = ["shown", "said", "demand"];

/// The two sides of a difference, as texts for people.
const SIDES: [&str; 2] = ["wanted", "found"];

/// Methods that examine the content of a text.
const ASKING: [&str; 12] = [
    "starts_with",
    "ends_with",
    "contains",
    "strip_prefix",
    "strip_suffix",
    "split_once",
    "rsplit_once",
    "find",
    "rfind",
    "eq_ignore_ascii_case",
    "matches",
    "trim_start_matches",
];

/// Texts under such a name to which we cannot give a type: those of servers, other crates and other programs, and words of a
/// language. A line: the file and the code, as the test prints them, and the reason.
const ALLOWED: &str = include_str!("people.txt");

#[test]
fn no_decision_reads_a_text_for_people() {
    let allowed: BTreeSet<&str> =
        ALLOWED.lines().filter_map(|line| line.split_once(" # ")).map(|(code, _)| code).collect();
    let mut found = BTreeSet::new();
    for file in sources("src") {
        let source = std::fs::read_to_string(&file).expect("a source");
        let code = code_of(source.split("#[cfg(test)]").next().expect("code"));
        let name = shown(&file);
        if name.ends_with("tests.rs") {
            continue;
        }
        found.extend(decisions(&code).into_iter().map(|code| format!("{name}: {code}")));
    }
    let wrong: Vec<&String> = found.iter().filter(|it| !allowed.contains(it.as_str())).collect();
    assert!(wrong.is_empty(), "a text for people is read to decide; keep the fact as a typed value:\n{wrong:#?}");
    let gone: Vec<_> = allowed.iter().filter(|it| !found.contains(**it)).collect();
    assert!(gone.is_empty(), "tests/layering/people.txt allows what is gone:\n{gone:#?}");
}

/// The places of code that examine the content of a text for people.
fn decisions(code: &str) -> Vec<String> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    for at in 1..tokens.len() {
        let is_asking = ASKING.contains(&tokens[at]) && tokens[at - 1] == "." && tokens.get(at + 1) == Some(&"(");
        let is_compared = matches!(tokens[at], "==" | "!=");
        let receiver = match (is_asking, is_compared) {
            (true, _) => &tokens[..at - 1],
            (_, true) => &tokens[..at],
            _ => continue,
        };
        if is_text(receiver) && !(is_compared && is_plain_value(tokens.get(at + 1))) {
            found.push(tokens[at.saturating_sub(6)..tokens.len().min(at + 4)].join(" "));
        }
    }
    found
}

/// A typed value begins with a capital and goes on in small letters; a constant of text does not.
fn is_plain_value(token: Option<&&str>) -> bool {
    token.is_some_and(|token| {
        let mut letters = token.chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    })
}

/// True if the last link of a chain of names is a text for people.
fn is_text(chain: &[&str]) -> bool {
    let mut rest = chain;
    // A call without arguments, and methods that only borrow.
    loop {
        rest = match rest {
            [before @ .., "(", ")"] => before,
            [before @ .., ".", "as_str" | "as_deref" | "trim" | "as_ref" | "to_lowercase" | "to_ascii_lowercase"] => {
                before
            }
            _ => break,
        };
    }
    match rest {
        [.., holder, ".", side] if SIDES.contains(side) => holder.ends_with("difference"),
        [.., ".", name] if MEMBERS.contains(name) => true,
        [.., name] => TEXTS.contains(name),
        [] => false,
    }
}

/// Names, and signs one by one; a comparison is one sign.
fn tokens(code: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = code.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        let length = match rest {
            _ if is_name(first) => rest.find(|letter| !is_name(letter)).unwrap_or(rest.len()),
            _ if rest.starts_with("==") || rest.starts_with("!=") => 2,
            _ => first.len_utf8(),
        };
        all.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    all
}

#[test]
fn a_text_for_people_is_told_from_a_typed_value() {
    for wrong in [
        r#"if ruling.reason.contains("data") {}"#,
        r#"difference.wanted.strip_prefix("DEFAULT ")"#,
        r#"*ruling.reason != *ITS_ROWS_ARE_THERE"#,
        r#"verdict.reason() == "running""#,
        r#"error.to_string().starts_with("a")"#,
    ] {
        assert_eq!(decisions(&code_of(wrong)).len(), 1, "{wrong}");
    }
    for right in ["ruling.reason == Reason::Equal", "wanted.contains(&key)", "names.found == 3", r#"tag.find("x")"#] {
        assert!(decisions(&code_of(right)).is_empty(), "{right}");
    }
}
