//! `lockgate import --to DIR`: converts another tool's chain to files of lockgate's own.

mod alembic;
mod proof;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::UsageError;
use super::chosen;
use super::new::{self, CannotWrite};
use super::output::Output;
use crate::chain::{Chain, Down, Id, Revision, Text, checksum};
use crate::config::{Config, Layout, Tool};
use crate::failure::{Code, Coded, Exit, Failure, counted};
use crate::plan::{self, Way};
use crate::source::{self, file_words};

#[derive(Debug, thiserror::Error)]
enum ImportError {
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} would not be read as what it is", .0)]
    Differs(String),
}

impl Coded for ImportError {
    fn code(&self) -> Code {
        match self {
            Self::NotEmpty(_) => Code::USAGE,
            Self::Differs(_) => Code::BUG,
        }
    }
}

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    if let Some((_, of_alembic)) = arguments.subcommand() {
        let takes_to = arguments.contains_id("to");
        let refused =
            || UsageError("--to is for layouts of SQL files; --out names the directory of a compiled chain".to_owned());
        return if takes_to { Err(refused().into()) } else { alembic::run(config, of_alembic) };
    }
    // clap requires it.
    let to = Path::new(arguments.get_one::<String>("to").map_or("", String::as_str));
    if chosen::project(config)?.is_some() {
        let message = "the chain is Alembic's: its revisions are Python, and their SQL is not known";
        let next = "lockgate import alembic -- alembic upgrade {target} records it; LOCKGATE_RUNNER lets Alembic apply it under the gate";
        return Err(refusal(next, message));
    }
    let chain = source::of(config)?;
    let Some(tool) = chain.layout() else {
        return Err(refusal("nothing has to be imported", "the chain is lockgate's own already"));
    };
    let repeating: Vec<&str> = chain.revisions().iter().filter(|one| one.manner.repeats).map(file_of).collect();
    if !repeating.is_empty() {
        let message = format!(
            "{} runs again whenever it changes, and a revision of lockgate's own runs once",
            repeating.join(", ")
        );
        return Err(refusal("move its statements into a revision of their own, and import then", message));
    }
    let filled: Vec<&str> = chain.revisions().iter().filter_map(filled).collect();
    if !filled.is_empty() {
        let message = format!(
            "{} replaces parts of {} before it runs, and a revision of lockgate's own runs as it is written",
            tool.name(),
            filled.join(", ")
        );
        return Err(refusal("write what the tool puts in, and import then", message));
    }
    let files = files(config, &chain)?;
    write(to, &files)?;
    if let Err(failure) = is_the_same(config, &chain, to) {
        remove(to, &files);
        return Err(failure);
    }
    let mut output = Output::default();
    let (count, head) = (counted(chain.len(), "revision"), &chain.head().id);
    say!(output, "{}: {count} of {}, head {head}; each is read as before", to.display(), tool.names());
    say!(output, "next: LOCKGATE_MIGRATIONS={}; {}", to.display(), for_databases(tool));
    output.end()?;
    Ok(Exit::Open)
}

fn for_databases(tool: Tool) -> String {
    format!(
        "a database that lockgate brought up goes on as it is; one that {} brought up needs lockgate adopt --from {} first",
        tool.name(),
        tool.word()
    )
}

fn refusal(next: &str, message: impl Into<String>) -> Failure {
    Failure { next: next.to_owned(), ..Failure::new(Code::LAYOUT, message) }
}

/// The file of a revision into whose scripts its tool puts values.
fn filled(revision: &Revision) -> Option<&str> {
    let back = revision.down.as_ref().filter(|down| down.text.as_ref().is_some_and(|text| text.written().is_some()));
    let up = revision.text.written().map(|_| revision.file.as_str());
    up.or_else(|| back.map(|down| down.file.as_str()))
}

fn file_of(revision: &Revision) -> &str {
    &revision.file
}

/// The files by name: each revision's, and its down script's.
fn files(config: &Config, chain: &Chain) -> Result<BTreeMap<String, String>, Failure> {
    let names = Names::of(chain.revisions());
    let mut wanted: Vec<(usize, Way)> = Vec::new();
    for (at, revision) in chain.revisions().iter().enumerate() {
        wanted.push((at, Way::Up));
        if let Some(down) = &revision.down {
            wanted.push((at, Way::down(&down.file, way_back(config, down)?)));
        }
    }
    let mut files = BTreeMap::new();
    for reading in plan::read(chain, wanted)? {
        let revision = &chain.revisions()[reading.at];
        // Statements after a no-transaction mark may end transactions.
        let alone = reading
            .script
            .statements
            .iter()
            .filter(|one| !revision.manner.in_transaction && one.may_end_transactions());
        let alone: Vec<usize> = alone.map(|statement| statement.range.start).collect();
        let text = without_marks(&marked(reading.way.script(revision).text, &alone));
        let before = reading.at.checked_sub(1).map(|before| &chain.revisions()[before].id);
        match reading.way {
            Way::Up => files.insert(names.file(reading.at, ".sql"), names.header(&revision.id, before) + &text),
            Way::Down(_) => files.insert(names.file(reading.at, ".down.sql"), text),
        };
    }
    Ok(files)
}

fn way_back(config: &Config, down: &Down) -> Result<Text, Failure> {
    Ok(source::read_down(&config.chain.migrations, down)?)
}

/// The names of the files, and the facts that they do not express.
struct Names {
    stems: Vec<String>,
    /// True if the ids are in the names.
    says_id: bool,
    /// True if numbers follow each other in the chain's order.
    says_order: bool,
}

impl Names {
    fn of(revisions: &[Revision]) -> Self {
        let is_plain = |id: &Id| id.as_str().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
        let says_id = revisions.iter().all(|one| is_plain(&one.id));
        let says_order = revisions.iter().all(|one| one.id.is_number()) && revisions.is_sorted_by(|a, b| a.id < b.id);
        let stem = |(at, revision): (usize, &Revision)| {
            let words =
                file_words(if revision.description.is_empty() { revision.id.as_str() } else { &revision.description });
            match says_id {
                true => format!("{}_{words}", revision.id),
                false => format!("{:04}_{words}", at + 1),
            }
        };
        Self { stems: revisions.iter().enumerate().map(stem).collect(), says_id, says_order: says_order && says_id }
    }

    fn file(&self, at: usize, end: &str) -> String {
        format!("{}{end}", self.stems[at])
    }

    /// The directives for the facts that the name does not express.
    fn header(&self, id: &Id, before: Option<&Id>) -> String {
        let id = (!self.says_id).then(|| format!("-- lockgate:id {id}\n"));
        let after = before.map_or("base", Id::as_str);
        let after = (!self.says_order).then(|| format!("-- lockgate:after {after}\n"));
        id.into_iter().chain(after).collect()
    }
}

/// The script with `no-transaction` above the statements that begin at these offsets.
fn marked(text: &str, alone: &[usize]) -> String {
    let mut marked = String::with_capacity(text.len());
    let mut done = 0;
    for &at in alone {
        marked += &text[done..at];
        let line = &marked[marked.rfind('\n').map_or(0, |end| end + 1)..];
        marked += if line.trim().is_empty() { "" } else { "\n" };
        marked += "-- lockgate:no-transaction\n";
        done = at;
    }
    marked + &text[done..]
}

/// The script without its tool's marking comments, and without the lines of the other direction.
fn without_marks(text: &str) -> String {
    let mut text = text.trim_start_matches('\u{feff}').trim().to_owned();
    while let Some((line, mark)) = source::mark(&text) {
        // The text before the comment may be the end of a statement.
        let kept = text.lines().enumerate().map(|(at, text)| if at + 1 == line { before(text, &mark) } else { text });
        text = kept.collect::<Vec<_>>().join("\n");
    }
    match text.trim() {
        "" => "-- Nothing to do.\n".to_owned(),
        text => format!("{text}\n"),
    }
}

fn before<'a>(line: &'a str, comment: &str) -> &'a str {
    line.rfind(comment).map_or("", |at| line[..at].trim_end())
}

/// Writes the files, only into a new or empty directory.
fn write(to: &Path, files: &BTreeMap<String, String>) -> Result<(), Failure> {
    let failed = |source| CannotWrite { file: to.display().to_string(), source };
    fs::create_dir_all(to).map_err(failed)?;
    if fs::read_dir(to).map_err(failed)?.next().is_some() {
        return Err(ImportError::NotEmpty(to.to_owned()).into());
    }
    for (name, text) in files {
        new::create(&to.join(name), text)?;
    }
    Ok(())
}

fn remove(to: &Path, files: &BTreeMap<String, String>) {
    for name in files.keys() {
        // If the removal fails too, the error already says enough.
        let _ = fs::remove_file(to.join(name));
    }
}

/// Reads the written files, and compares them with the chain: ids, order, checksums, down scripts.
fn is_the_same(config: &Config, chain: &Chain, to: &Path) -> Result<(), Failure> {
    let written = source::read(to, Layout::Native)?;
    let differs = |revision: &Revision| Failure::from(ImportError::Differs(revision.file.clone()));
    if written.len() != chain.len() {
        return Err(differs(chain.head()));
    }
    for (before, now) in chain.revisions().iter().zip(written.revisions()) {
        let back = before.down.as_ref().map(|down| way_back(config, down)).transpose()?;
        let back_now = now.down.as_ref().map(|down| source::read_down(to, down)).transpose()?;
        let sum = |text: &Option<Text>| text.as_deref().map(checksum::checksum);
        if before.id != now.id || before.checksum() != now.checksum() || sum(&back) != sum(&back_now) {
            return Err(differs(before));
        }
    }
    Ok(())
}
