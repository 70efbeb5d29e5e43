//! Comments are sentences with a noun as their subject: none begins with a question word such as What or Whether in a noun's place.

use std::path::Path;

use crate::support::below;

const WORDS: [&str; 9] = ["What", "Whatever", "Whether", "Who", "Whoever", "Whose", "Where", "Of", "How"];

#[test]
fn no_sentence_begins_with_a_question_word() {
    let found: Vec<String> = below(&["src", "tests"], "rs").iter().flat_map(|file| of(file)).collect();
    assert!(found.is_empty(), "sentences begin with one of {WORDS:?}:\n{}", found.join("\n"));
}

/// The sentences of a file's comments that begin with such a word, each with its place.
fn of(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a source");
    let mut before = "";
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let comment = comment(line).unwrap_or_default();
        let wrong = sentences(before, comment).filter(|sentence| WORDS.contains(&first_word(sentence)));
        found.extend(wrong.map(|sentence| format!("{}:{}: {sentence}", file.display(), at + 1)));
        before = comment;
    }
    found
}

/// The sentences that begin in a line of a comment, with the rest of the line; `before` is the line above it.
fn sentences<'c>(before: &str, comment: &'c str) -> impl Iterator<Item = &'c str> {
    const ENDS: [char; 5] = ['.', ':', ';', '?', '!'];
    let is_first = before.is_empty() || before.starts_with('#') || before.ends_with(ENDS);
    let later = comment.match_indices(ENDS).filter_map(|(at, _)| comment[at + 1..].strip_prefix(' '));
    is_first.then_some(comment).into_iter().chain(later)
}

fn first_word(sentence: &str) -> &str {
    sentence.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default()
}

/// The text of a line that is a comment.
fn comment(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("//")?;
    Some(rest.strip_prefix(['/', '!']).unwrap_or(rest).trim())
}

#[test]
fn a_comment_is_read_sentence_by_sentence() {
    let read = |before, line| sentences(before, comment(line).unwrap_or_default()).map(first_word).collect::<Vec<_>>();
    assert_eq!(read("", "    /// What it is. How it runs: a way"), ["What", "How", "a"]);
    assert_eq!(read("The text of", "/// What. Of `src/a.rs`."), ["Of"]);
    assert_eq!(read("# Errors", "/// Whoever asks."), ["Whoever"]);
    assert_eq!(comment("let it = 1; // What it is"), None);
}
