//! Comments are sentences with a noun as their subject: none begins with What, Whether, Who, Where, Of or How in a noun's place.
//!
//! Some from before the rule are left. Their number may only fall: a change that mends some lowers it here.

use std::path::Path;

use crate::support::below;

const WORDS: [&str; 6] = ["What", "Whether", "Who", "Where", "Of", "How"];

/// So many comments of `src` and `tests` still begin so.
const LEFT: usize = 290;

#[test]
fn no_more_comments_begin_with_a_question_word() {
    let found: Vec<String> = below(&["src", "tests"], "rs").iter().flat_map(|file| of(file)).collect();
    let shown = found.iter().rev().take(20).map(|line| format!("\n{line}")).collect::<String>();
    assert!(
        found.len() <= LEFT,
        "{} comments begin with one of {WORDS:?}, and {LEFT} may; some of them:{shown}",
        found.len()
    );
    assert!(found.len() + 20 > LEFT, "only {} comments are left: lower LEFT to it", found.len());
}

/// The first lines of comments that begin with such a word, each with its place.
fn of(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a source");
    let mut before = "";
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some(comment) = comment(line) else {
            before = "";
            continue;
        };
        let is_new = before.is_empty() || before.ends_with(['.', ':', '#']);
        let word = comment.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
        if is_new && WORDS.contains(&word) {
            found.push(format!("{}:{}: {comment}", file.display(), at + 1));
        }
        before = comment;
    }
    found
}

/// The words of a line that is a comment.
fn comment(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("//")?;
    Some(rest.strip_prefix(['/', '!']).unwrap_or(rest).trim())
}

#[test]
fn a_comment_is_read_from_its_first_word() {
    assert_eq!(comment("    /// What it is."), Some("What it is."));
    assert_eq!(comment("let it = 1; // What it is"), None);
}
