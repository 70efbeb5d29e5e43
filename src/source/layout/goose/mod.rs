//! goose: both directions in `VERSION_NAME.sql`, after lines such as `-- +goose Up`.

mod interpolate;

use super::fill;
use super::interface::{Fresh, Layout, by_number, numbered};
use super::lines::{self, Line};
use super::tree::{self, Content, Tree};
use crate::chain::{Down, Manner, Revision, Text};
use crate::source::{Around, Problem};
use interpolate::Part;

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
        let around = tree.around();
        files
            .into_iter()
            .filter_map(|(version, file)| one(version, tree.read(file, problems)?, around, problems))
            .collect()
    }

    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
        let down = if fresh.has_down { "\n-- +goose Down\n" } else { "" };
        Ok(vec![(format!("{}_{}.sql", fresh.number(), fresh.words), format!("-- +goose Up\n{down}"))])
    }
}

fn one(version: &str, content: Content, around: &Around, problems: &mut Vec<Problem>) -> Option<Revision> {
    let found = match Parts::read(&content.text, around) {
        Ok(parts) => parts,
        Err((line, message)) => {
            problems.push(Problem::Line { file: content.file, line, message });
            return None;
        }
    };
    let description = numbered(&content.file).map(|(_, rest)| rest.trim_end_matches(".sql").to_owned());
    let down = found.down().map(|text| Down::new(&content.file, Some(text)));
    let (text, in_transaction) = (found.up(), found.in_transaction);
    let written = text.written().map_or_else(|| text.to_string(), |written| written.text().to_owned());
    let content = Content { text: written, ..content };
    let revision = tree::revision(version, &description.unwrap_or_default(), content, problems);
    Some(Revision { down, text, manner: Manner { in_transaction, repeats: false }, ..revision })
}

/// The parts of a file.
struct Parts {
    text: String,
    /// The first byte of the way back.
    down: Option<usize>,
    /// The places at which goose puts values in.
    values: Vec<Part>,
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
    fn read(script: &str, around: &Around) -> Result<Self, Wrong> {
        let script = script.strip_prefix('\u{feff}').unwrap_or(script);
        let (mut text, mut down, mut values) = (String::with_capacity(script.len()), None, Vec::new());
        let (mut way, mut in_block, mut in_transaction) = (Way::None, false, true);
        let (mut last, mut substitution) = (1, Substitution::default());
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
                    substitution.is_open = false;
                    if lines::lacks_semicolon(&text[..begin]) {
                        text.truncate(begin);
                        text += &lines::behind_semicolon(line.text);
                    }
                }
                Some(Mark::End) => return wrong("`-- +goose StatementEnd` without `-- +goose StatementBegin`"),
                Some(Mark::NoTransaction) => in_transaction = false,
                Some(Mark::EnvsubOn) => substitution.is_on = true,
                Some(Mark::EnvsubOff) => substitution.is_on = false,
                None if way == Way::None && !is_comment(line.text) => {
                    return wrong("a line before `-- +goose Up`: goose reads no statement there");
                }
                None => {
                    let found = substitution.line(line.text, in_block, around).map_err(|why| {
                        (line.number, format!("goose puts variables in here (ENVSUB ON), and refuses it too: {why}"))
                    })?;
                    values.extend(
                        found.into_iter().map(|(range, value)| (begin + range.start..begin + range.end, value)),
                    );
                }
            }
            text += &script[line.start + line.text.len()..next(script, line)];
        }
        match way {
            Way::None => Err((1, "goose finds no `-- +goose Up` in it, and refuses it too".to_owned())),
            _ if in_block => Err((last, "`-- +goose StatementEnd` is missing".to_owned())),
            Way::Up | Way::Down => Ok(Self { text, down, values, in_transaction }),
        }
    }

    fn up(&self) -> Text {
        let end = self.down.unwrap_or(self.text.len());
        let values = self.values.iter().filter(|(range, _)| range.start < end).cloned();
        fill::with(&self.text[..end], values)
    }

    fn down(&self) -> Option<Text> {
        let start = self.down?;
        let text = lines::from(&self.text, start);
        // The text before it is blanked out, a blank for a character.
        let before = text.len() - (self.text.len() - start);
        let moved = |(range, value): &Part| (range.start - start + before..range.end - start + before, value.clone());
        Some(fill::with(&text, self.values.iter().filter(|(range, _)| range.start >= start).map(moved)))
    }
}

/// The state by which goose decides whether it puts variables into a line.
#[derive(Default)]
struct Substitution {
    is_on: bool,
    /// True within a statement: goose leaves a comment before one as it is.
    is_open: bool,
}

impl Substitution {
    fn line(&mut self, line: &str, in_block: bool, around: &Around) -> Result<Vec<Part>, String> {
        if !self.is_open && (line.is_empty() || line.trim_start().starts_with("--")) {
            return Ok(Vec::new());
        }
        let found = if self.is_on { interpolate::parts(line, around)? } else { Vec::new() };
        let filled = fill::with(line, found.iter().cloned());
        self.is_open = in_block || !ends_statement(&filled);
        Ok(found)
    }
}

/// True if the last word before a comment ends in `;`.
fn ends_statement(line: &str) -> bool {
    line.split_whitespace().take_while(|word| !word.starts_with("--")).last().is_some_and(|word| word.ends_with(';'))
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
