//! goose: both directions in `VERSION_NAME.sql`, after lines such as `-- +goose Up`.

use super::interface::{Fresh, Layout, by_number, numbered};
use super::lines::{self, Line};
use super::tree::{self, Content, Tree};
use crate::chain::{Down, Manner, Revision};
use crate::source::Problem;

pub struct Goose;

impl Layout for Goose {
    /// Its names are not specific; its marks are.
    fn claims(&self, _: &Tree) -> bool {
        false
    }

    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision> {
        let mut files: Vec<(&str, &str)> = Vec::new();
        for file in tree.files() {
            let is_go = file.ends_with(".go");
            match numbered(file) {
                Some(_) if is_go && file.ends_with("_test.go") => {}
                Some(_) if is_go => problems.push(Problem::Name {
                    file: file.to_owned(),
                    why: "goose runs it as Go, which lockgate cannot: write what it does as SQL in a file of the same version, or let \
                          goose apply the chain up to it"
                        .to_owned(),
                }),
                Some((version, _)) if tree::is_sql(file) && by_number(version).0 == 0 => problems.push(Problem::Name {
                    file: file.to_owned(),
                    why: "goose's versions begin at 1, and goose refuses it too".to_owned(),
                }),
                Some((version, _)) if tree::is_sql(file) => files.push((version, file)),
                None if tree::is_sql(file) => problems.push(Problem::Name {
                    file: file.to_owned(),
                    why: "goose's files are named VERSION_NAME.sql".to_owned(),
                }),
                Some(_) | None => {}
            }
        }
        files.sort_by_key(|(version, _)| by_number(version));
        files.into_iter().filter_map(|(version, file)| one(version, tree.read(file, problems)?, problems)).collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let down = if fresh.has_down { "\n-- +goose Down\n" } else { "" };
        Ok(vec![(format!("{}_{}.sql", fresh.number(), fresh.words), format!("-- +goose Up\n{down}"))])
    }
}

fn one(version: &str, content: Content, problems: &mut Vec<Problem>) -> Option<Revision> {
    let found = match Parts::read(&content.text) {
        Ok(parts) => parts,
        Err((line, message)) => {
            problems.push(Problem::Line { file: content.file, line, message });
            return None;
        }
    };
    let description = numbered(&content.file).map(|(_, rest)| rest.trim_end_matches(".sql").to_owned());
    let down = found.down.map(|text| Down { file: content.file.clone(), text: Some(text) });
    let revision =
        tree::revision(version, &description.unwrap_or_default(), Content { text: found.up, ..content }, problems);
    Some(Revision { down, manner: Manner { in_transaction: found.in_transaction, repeats: false }, ..revision })
}

/// The parts of a file.
struct Parts {
    up: String,
    down: Option<String>,
    in_transaction: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Up,
    Down,
    Begin,
    End,
    NoTransaction,
    EnvsubOn,
    EnvsubOff,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    None,
    Up,
    Down,
}

type Wrong = (usize, String);

impl Parts {
    /// Reads the marks as goose does, line by line, even within quotes.
    fn read(script: &str) -> Result<Self, Wrong> {
        let script = script.strip_prefix('\u{feff}').unwrap_or(script);
        let (mut text, mut down) = (String::with_capacity(script.len()), None);
        let (mut way, mut in_block, mut substitutes, mut in_transaction) = (Way::None, false, false, true);
        let mut last = 1;
        for line in lines::lines(script) {
            let wrong = |message: &str| Err((line.number, message.to_owned()));
            last = line.number;
            let begin = text.len();
            text += &script[line.start..script.len().min(line.start + line.text.len())];
            match mark(line)? {
                Some(Mark::Up) if way == Way::None => way = Way::Up,
                Some(Mark::Up) => return wrong("a second `-- +goose Up`"),
                Some(Mark::Down) if way == Way::Up && !in_block => {
                    (way, down) = (Way::Down, Some(begin));
                }
                Some(Mark::Down) => {
                    return wrong("`-- +goose Down` has to stand behind `-- +goose Up` and outside of statements");
                }
                Some(Mark::Begin) if way != Way::None && !in_block => in_block = true,
                Some(Mark::Begin) => {
                    return wrong("`-- +goose StatementBegin` has to stand behind `-- +goose Up` or `Down`, and once");
                }
                Some(Mark::End) if in_block => {
                    in_block = false;
                    if lines::lacks_semicolon(&text[..begin]) {
                        text.truncate(begin);
                        text += &lines::behind_semicolon(line.text);
                    }
                }
                Some(Mark::End) => return wrong("`-- +goose StatementEnd` without `-- +goose StatementBegin`"),
                Some(Mark::NoTransaction) => in_transaction = false,
                Some(Mark::EnvsubOn) => substitutes = true,
                Some(Mark::EnvsubOff) => substitutes = false,
                None if way == Way::None && !is_comment(line.text) => {
                    return wrong("a line before `-- +goose Up`: goose reads no statement there");
                }
                None if substitutes && line.text.contains('$') => {
                    return wrong(
                        "goose puts variables of the environment in here (`-- +goose ENVSUB ON`), and lockgate runs scripts as they \
                         are written: write the value, or leave the mark out where `$` means none",
                    );
                }
                None => {}
            }
            text += &script[line.start + line.text.len()..next(script, line)];
        }
        match way {
            Way::None => Err((1, "goose finds no `-- +goose Up` in it, and refuses it too".to_owned())),
            _ if in_block => Err((last, "`-- +goose StatementEnd` is missing".to_owned())),
            Way::Up | Way::Down => {
                let back = down.map(|at| lines::from(&text, at));
                text.truncate(down.unwrap_or(text.len()));
                Ok(Self { up: text, down: back, in_transaction })
            }
        }
    }
}

/// The end of the line's line end.
fn next(script: &str, line: Line<'_>) -> usize {
    let end = line.start + line.text.len();
    script[end..].find('\n').map_or(script.len(), |at| end + at + 1)
}

fn is_comment(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with("--")
}

fn mark(line: Line<'_>) -> Result<Option<Mark>, Wrong> {
    let text = line.text;
    if !text.trim_start().starts_with("--") || !text.to_ascii_lowercase().contains("+goose") {
        return Ok(None);
    }
    if !text.contains("+goose") {
        let message =
            format!("goose takes `{}` for a comment, and a reader takes it for a mark: write +goose", text.trim());
        return Err((line.number, message));
    }
    let words = text.replace("--", "").replacen("+goose", "", 1).trim().to_ascii_lowercase();
    if text.starts_with([' ', '\t']) || words.contains("+goose") {
        return Err((line.number, format!("goose cannot read the mark `{}`, and refuses it too", text.trim())));
    }
    match words.as_str() {
        "up" => Ok(Some(Mark::Up)),
        "down" => Ok(Some(Mark::Down)),
        "statementbegin" => Ok(Some(Mark::Begin)),
        "statementend" => Ok(Some(Mark::End)),
        "no transaction" => Ok(Some(Mark::NoTransaction)),
        "envsub on" => Ok(Some(Mark::EnvsubOn)),
        "envsub off" => Ok(Some(Mark::EnvsubOff)),
        _ => Err((line.number, format!("goose knows no mark `{}`, and refuses it too", text.trim()))),
    }
}
