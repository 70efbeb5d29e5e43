//! Comments by which other tools recognize their files.
//!
//! Several tools keep the up and the down script in one file, with a comment before each. SQL ignores these comments: the file,
//! run as it is, would undo its own changes.

use memchr::{memchr2, memmem};

use crate::chain::scan::{self, Kind};
use crate::config::Tool as Known;

/// A tool and the texts of its comments. A mark is a comment that begins with these words: case and the number of blanks do not
/// matter, `*` in a word matches any text, and `$` is the end of the comment.
struct Tool {
    name: &'static str,
    /// The layout that reads its files.
    layout: Option<Known>,
    marks: &'static [&'static str],
    /// The marks that begin a down script.
    back: &'static [&'static str],
}

/// Spelled as tolerantly as the tools read them. A single mark suffices, also one of an up script: nothing else writes it. Two
/// tools have marks that people also write:
///
/// - node-pg-migrate takes every comment that begins with `up migration` for one. Without a down part, it runs the file as
///   lockgate does; so only the comment of its template counts, with nothing after it.
/// - Liquibase keeps its rollback inside comments (`--rollback DROP …`), which nothing runs, and reads no file without its
///   header. `-- rollback: …` is a usual note to a reader, and no mark.
#[rustfmt::skip]
const TOOLS: &[Tool] = &[
    Tool { name: "goose", layout: Some(Known::Goose), marks: &["+goose up", "+gooseup", "+goose statementbegin", "+goose statementend", "+goose no transaction", "+goose envsub"], back: &["+goose down", "+goosedown"] },
    Tool { name: "dbmate", layout: Some(Known::Dbmate), marks: &["migrate:up"], back: &["migrate:down"] },
    Tool { name: "sql-migrate", layout: None, marks: &["+migrate up", "+migrate statementbegin", "+migrate statementend"], back: &["+migrate down"] },
    Tool { name: "tern", layout: None, marks: &["tern: disable-tx"], back: &["create above / drop below"] },
    Tool { name: "node-pg-migrate", layout: Some(Known::NodePgMigrate), marks: &["up migration $"], back: &["down migration*"] },
    Tool { name: "MyBatis Migrations", layout: None, marks: &[], back: &["//@undo", "// @undo", "@undo"] },
    Tool { name: "micrate", layout: None, marks: &["+micrate up", "+micrate statementbegin", "+micrate statementend"], back: &["+micrate down"] },
    Tool { name: "rambler", layout: None, marks: &["rambler up"], back: &["rambler down"] },
    Tool { name: "Liquibase", layout: None, marks: &["liquibase formatted*", "changeset *:*"], back: &[] },
    Tool { name: "Drizzle", layout: None, marks: &["> statement-breakpoint", ">statement-breakpoint"], back: &[] },
];

/// A mark in a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    pub tool: &'static str,
    /// The layout that reads such files.
    pub layout: Option<Known>,
    /// The comment.
    pub text: String,
    /// From 1.
    pub line: usize,
    pub part: Part,
}

/// The part that a mark begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Back,
    Up,
    /// A tool without down scripts in its files.
    Whole,
}

/// The first mark of a down script in the comments of a script, otherwise its first mark.
pub fn find(script: &str) -> Option<Mark> {
    if !is_possible(script) {
        return None;
    }
    let comments = scan::scan(script).filter(|piece| piece.kind == Kind::LineComment).map(|piece| piece.range);
    let marks = comments.filter_map(|range| Some((known(&script[range.clone()])?, range)));
    let is_back = |(_, part)| part == Part::Back;
    let ((Tool { name: tool, layout, .. }, part), range) =
        marks.reduce(|first, next| if is_back(next.0) && !is_back(first.0) { next } else { first })?;
    let line = 1 + memchr::memchr_iter(b'\n', &script.as_bytes()[..range.start]).count();
    Some(Mark { tool, layout: *layout, text: script[range].trim_end().to_owned(), line, part })
}

/// The cheap test for every script at every start: true if a mark occurs anywhere, even in a quote.
pub fn is_possible(script: &str) -> bool {
    memmem::find_iter(script.as_bytes(), "--").any(|at| {
        let end = memchr2(b'\n', b'\r', &script.as_bytes()[at..]).map_or(script.len(), |length| at + length);
        known(&script[at..end]).is_some()
    })
}

/// The tool whose mark the comment is, and the part that it begins.
fn known(comment: &str) -> Option<(&'static Tool, Part)> {
    let said = comment.trim_start_matches(|letter: char| letter == '-' || letter.is_ascii_whitespace());
    let first = said.bytes().next()?.to_ascii_lowercase();
    let is_one = |mark: &&str| mark.as_bytes()[0] == first && says(said, mark);
    TOOLS.iter().find_map(|tool| {
        let part = match tool.back {
            [] => Part::Whole,
            back if back.iter().any(&is_one) => return Some((tool, Part::Back)),
            _ => Part::Up,
        };
        tool.marks.iter().any(&is_one).then_some((tool, part))
    })
}

fn says(said: &str, mark: &str) -> bool {
    let mut words = said.split_ascii_whitespace();
    mark.split(' ').all(|wanted| match words.next() {
        Some(word) => fits(word, wanted),
        None => wanted == "$",
    })
}

fn fits(word: &str, wanted: &str) -> bool {
    let Some((head, rest)) = wanted.split_once('*') else { return word.eq_ignore_ascii_case(wanted) };
    let behind = word.get(..head.len()).filter(|begin| begin.eq_ignore_ascii_case(head)).map(|_| &word[head.len()..]);
    behind.is_some_and(|behind| behind.contains(rest.trim_end_matches('*')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tool(script: &str) -> Option<(&'static str, usize, bool)> {
        find(script).map(|mark| (mark.tool, mark.line, mark.part == Part::Back))
    }

    #[test]
    fn a_way_back_is_named_before_a_way_up() {
        let script = "-- +goose Up\nSELECT 1;\n-- +goose Down\nSELECT 2;\n";
        assert_eq!(tool(script), Some(("goose", 3, true)));
        assert_eq!(find(script).map(|mark| mark.text).as_deref(), Some("-- +goose Down"));
    }

    #[test]
    fn what_a_comment_says_behind_its_beginning_is_no_mark() {
        let talk = [
            "-- made from goose's -- +goose Up\nSELECT 1",
            "-- +goose marks are not used here\nSELECT 1",
            "-- up migration of the users\nSELECT 1",
            "-- rollback: DROP TABLE t\nSELECT 1",
            "-- changeset for release 3\nSELECT 1",
            "-- create above all a table\nSELECT 1",
            "SELECT '\n-- +goose Down\n', $$\n-- migrate:down\n$$, \"\n-- +migrate Down\n\"",
            "/*\n-- +goose Down\nDROP TABLE t\n*/ SELECT 1",
        ];
        for script in talk {
            assert_eq!(tool(script), None, "{script}");
        }
    }

    proptest! {
        #[test]
        fn a_mark_is_found_in_any_case_with_any_blanks(
            at in any::<prop::sample::Index>(),
            dashes in "--[- \t]{0,4}",
            blanks in "[ \t]{1,3}",
            upper in any::<bool>(),
            before in "([a-z ]{0,9};?\r?\n){0,4}",
        ) {
            let marks: Vec<(&str, &str, bool)> = TOOLS
                .iter()
                .flat_map(|tool| {
                    let up = tool.marks.iter().map(|mark| (tool.name, *mark, false));
                    up.chain(tool.back.iter().map(|mark| (tool.name, *mark, true)))
                })
                .collect();
            let (name, mark, is_back) = *at.get(&marks);
            let words = mark.trim_end_matches(" $").replace("*:*", "a:1").replace('*', "").replace(' ', &blanks);
            let words = if upper { words.to_ascii_uppercase() } else { words };
            let line = 1 + before.matches('\n').count();
            prop_assert_eq!(tool(&format!("{before}{dashes}{words}\r\nSELECT 1")), Some((name, line, is_back)));
        }
    }
}
