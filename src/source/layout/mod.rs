//! The layouts of other tools: a file for each. A new one is its file, a line in [`of`], and its name in `config::Tool`.

mod atlas;
mod dbmate;
mod diesel;
mod drizzle;
mod flyway;
pub mod foreign;
mod golang_migrate;
mod goose;
mod graphile_migrate;
mod lines;
pub mod marks;
pub mod name;
pub mod native;
mod node_pg_migrate;
mod prisma;
mod refinery;
mod sqlx;
mod supabase;
pub mod tree;

use super::{Problem, SourceError};
use crate::chain::{Revision, revision};
use crate::config::Tool;
use name::FileName;
pub use name::{SNAPSHOT, file_words};
use tree::Tree;

/// The most that is read of one script: its text is kept until it ran.
pub const LARGEST: u64 = 64 << 20;

/// One tool's directory of SQL files. What the tool accepts is accepted, and means what the tool takes it for.
pub trait Layout: Sync {
    /// True where the names in a directory say that it is this tool's.
    fn claims(&self, tree: &Tree) -> bool;

    /// True for a script that this tool takes for none of its own by its name.
    fn leaves_out(&self, _: &Tree, _: &str) -> bool {
        false
    }

    /// The revisions in the tool's order; what is wrong with its files is noted.
    fn revisions(&self, tree: &Tree, problems: &mut Vec<Problem>) -> Vec<Revision>;

    /// The files of the next revision.
    ///
    /// # Errors
    /// The tool's own command has to make them; a sentence that says which.
    fn template(&self, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str>;
}

/// A revision that is to be written.
pub struct Fresh<'a> {
    pub revisions: &'a [Revision],
    /// Now, as YYYYMMDDHHMMSS in UTC.
    pub timestamp: String,
    /// The name, as words of a file's name.
    pub words: &'a str,
    pub has_down: bool,
}

impl Fresh<'_> {
    /// The head of the chain, where there is one.
    fn head(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The number after that at the beginning of the head's id.
    fn number(&self) -> String {
        let id = self.head().map_or("", |head| head.id.as_str());
        self.number_after(&id[..id.bytes().take_while(u8::is_ascii_digit).count()])
    }

    /// The number after another, in its width: a timestamp after a timestamp, or where there is none.
    fn number_after(&self, digits: &str) -> String {
        const TIMESTAMP: usize = 14;
        match digits.parse::<u128>() {
            Ok(number) if digits.len() == TIMESTAMP => {
                self.timestamp.parse::<u128>().map_or(number + 1, |now| now.max(number + 1)).to_string()
            }
            Ok(number) => format!("{:0width$}", number + 1, width = digits.len()),
            Err(_) => self.timestamp.clone(),
        }
    }
}

/// The layout of a tool.
pub fn of(tool: Tool) -> &'static dyn Layout {
    match tool {
        Tool::Prisma => &prisma::Prisma,
        Tool::Drizzle => &drizzle::Drizzle,
        Tool::GolangMigrate => &golang_migrate::GolangMigrate,
        Tool::Goose => &goose::Goose,
        Tool::Dbmate => &dbmate::Dbmate,
        Tool::Sqlx => &sqlx::Sqlx,
        Tool::Flyway => &flyway::Flyway,
        Tool::Supabase => &supabase::Supabase,
        Tool::Diesel => &diesel::Diesel,
        Tool::Refinery => &refinery::Refinery,
        Tool::Atlas => &atlas::Atlas,
        Tool::NodePgMigrate => &node_pg_migrate::NodePgMigrate,
        Tool::GraphileMigrate => &graphile_migrate::GraphileMigrate,
    }
}

/// The tool that the names in a directory tell. One that would leave a revision of ours out is not taken: nobody knows whose
/// chain that is.
///
/// # Errors
/// They may be of more than one.
pub fn claimed(tree: &Tree) -> Result<Option<Tool>, SourceError> {
    let native: Vec<&str> = tree.files().filter(|file| matches!(name::parse(file), Ok(FileName::Up { .. }))).collect();
    let is_its = |tool: &Tool| of(*tool).claims(tree) && !native.iter().any(|file| of(*tool).leaves_out(tree, file));
    let tools: Vec<Tool> = Tool::ALL.iter().copied().filter(is_its).collect();
    match tools.as_slice() {
        [] => Ok(None),
        [tool] => Ok(Some(*tool)),
        _ => Err(SourceError::Ambiguous { path: tree.path().to_owned(), tools }),
    }
}

/// The tool whose comments stand in most of the files; `others` is the number of those without any.
pub fn marked(problems: &[Problem], others: usize) -> Option<Tool> {
    let tools: Vec<Option<Tool>> = problems
        .iter()
        .filter_map(|problem| match problem {
            Problem::Marked { mark, .. } => Some(mark.layout),
            _ => None,
        })
        .collect();
    let first = (*tools.first()?)?;
    (tools.iter().all(|tool| *tool == Some(first)) && tools.len() >= others).then_some(first)
}

/// The files of the next revision of a chain in another tool's layout.
///
/// # Errors
/// As [`Layout::template`].
pub fn template(tool: Tool, fresh: &Fresh<'_>) -> Result<Vec<(String, String)>, &'static str> {
    of(tool).template(fresh)
}

/// The revision's version and description in `VERSION_DESCRIPTION`; none where no digits stand at its beginning.
fn numbered(stem: &str) -> Option<(&str, &str)> {
    let (version, description) = stem.split_once('_')?;
    (!version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())).then_some((version, description))
}

/// A number that sorts as one: without leading zeros, its length first.
fn by_number(version: &str) -> (usize, String) {
    let (length, digits) = revision::by_number(version);
    (length, digits.to_owned())
}
