//! `lockgate new NAME`: the next revision's file.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::ArgMatches;

use super::UsageError;
use super::output::Output;
use crate::chain::{Chain, Id};
use crate::config::{Config, Layout, Tool};
use crate::failure::{Code, Coded, Exit, Failure};
use crate::source::{self, Fresh, file_words, timestamp};

#[derive(Debug, thiserror::Error)]
#[error("{file} cannot be written")]
pub struct CannotWrite {
    pub file: String,
    pub source: std::io::Error,
}

impl Coded for CannotWrite {
    fn code(&self) -> Code {
        Code::CHAIN_UNREADABLE
    }
}

pub fn run(config: &Config, arguments: &ArgMatches) -> Result<Exit, Failure> {
    // clap requires it.
    let name = arguments.get_one::<String>("NAME").map_or("", String::as_str);
    let words = file_words(name);
    if words.is_empty() {
        return Err(UsageError(format!("{name:?} has no letter or digit to name a file with")).into());
    }
    let directory = &config.chain.migrations;
    fs::create_dir_all(directory).map_err(|source| CannotWrite { file: directory.display().to_string(), source })?;
    let chain = match source::of(config) {
        Ok(chain) => Some(chain),
        Err(error) if error.is_of_nothing() => None,
        Err(error) => return Err(error.into()),
    };
    let tool = match (&chain, config.chain.layout) {
        (Some(chain), _) => chain.layout(),
        (None, Layout::Tool(tool)) => Some(tool),
        (None, Layout::Auto | Layout::Native | Layout::Alembic | Layout::Program(_)) => None,
    };
    if let Some(tool) = tool {
        return in_layout(tool, directory, chain.as_ref(), &words, !arguments.get_flag("no-down"));
    }
    let next = Next::after(chain.as_ref().map(|chain| &chain.head().id));
    let stem = format!("{}_{words}", next.id);
    let mut output = Output::default();
    write(&directory.join(format!("{stem}.sql")), &up(name, next.after.as_ref()), &mut output)?;
    if !arguments.get_flag("no-down") {
        write(&directory.join(format!("{stem}.down.sql")), &format!("-- Takes back: {name}\n"), &mut output)?;
    }
    output.end()?;
    Ok(Exit::Open)
}

/// Creates the next files in the layout of another tool.
fn in_layout(
    tool: Tool,
    directory: &Path,
    chain: Option<&Chain>,
    words: &str,
    has_down: bool,
) -> Result<Exit, Failure> {
    let revisions = chain.map_or(&[][..], Chain::revisions);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = Fresh { revisions, timestamp: timestamp(now.as_secs()).to_string(), words, has_down };
    let files = source::template(tool, &fresh).map_err(|instead| Failure {
        next: instead.to_owned(),
        ..Failure::new(Code::LAYOUT, format!("the chain is {}, and lockgate cannot write its files", tool.names()))
    })?;
    // The directory may be the parent of the chain's.
    let is_outer = revisions.first().is_some_and(|first| !directory.join(&first.file).exists());
    let home = if is_outer { directory.join("migrations") } else { directory.to_owned() };
    let mut output = Output::default();
    for (file, text) in files {
        let path = home.join(file);
        let folder = path.parent().unwrap_or(&home);
        fs::create_dir_all(folder).map_err(|source| CannotWrite { file: folder.display().to_string(), source })?;
        write(&path, &text, &mut output)?;
    }
    output.end()?;
    Ok(Exit::Open)
}

/// Writes a file, never over an existing one.
fn write(path: &Path, text: &str, output: &mut Output) -> Result<(), CannotWrite> {
    create(path, text)?;
    say!(output, "{}", path.display());
    Ok(())
}

/// Creates a file, never over an existing one.
///
/// # Errors
/// The file exists or cannot be written.
pub fn create(path: &Path, text: &str) -> Result<(), CannotWrite> {
    let failed = |source| CannotWrite { file: path.display().to_string(), source };
    let mut file = File::create_new(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

fn up(name: &str, after: Option<&Id>) -> String {
    let after = after.map(|id| format!("-- lockgate:after {id}\n")).unwrap_or_default();
    format!("{after}-- {name}\n-- Plain SQL: nothing needs IF NOT EXISTS, BEGIN or COMMIT.\n\n")
}

/// Writes the next revision of a native chain and its down script; returns the files. `up` receives the predecessor, unless the
/// id implies it.
///
/// # Errors
/// The chain is another tool's, or a file cannot be written.
pub fn revision(
    config: &Config,
    name: &str,
    up: impl Fn(Option<&str>) -> String,
    down: &str,
) -> Result<Vec<PathBuf>, Failure> {
    let words = file_words(name);
    if words.is_empty() {
        return Err(UsageError(format!("{name:?} has no letter or digit to name a file with")).into());
    }
    let chain = source::of(config)?;
    if let Some(tool) = chain.layout() {
        return Err(no_chain_of_ours(&tool.names()));
    }
    let next = Next::after(Some(&chain.head().id));
    let stem = config.chain.migrations.join(format!("{}_{words}", next.id)).display().to_string();
    let files = [
        (format!("{stem}.sql"), up(next.after.as_ref().map(Id::as_str))),
        (format!("{stem}.down.sql"), down.to_owned()),
    ];
    let mut written = Vec::new();
    for (file, text) in files {
        let path = PathBuf::from(file);
        create(&path, &text)?;
        written.push(path);
    }
    Ok(written)
}

/// A chain whose files lockgate does not write.
fn no_chain_of_ours(what: &str) -> Failure {
    Failure {
        next: "`lockgate repair --dry-run` prints the statements".to_owned(),
        ..Failure::new(Code::LAYOUT, format!("the chain is {what}, and lockgate writes no revision of it"))
    }
}

/// The next id in the style of the head's: a number of the same width, a timestamp, or a random id, which needs the name of its
/// predecessor.
struct Next {
    id: String,
    after: Option<Id>,
}

const TIMESTAMP_DIGITS: usize = 14;

impl Next {
    fn after(head: Option<&Id>) -> Self {
        let numbered = |id: String| Self { id, after: None };
        let Some(head) = head else { return numbered("0001".to_owned()) };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        match (head.is_number(), head.as_str().parse::<u128>()) {
            (true, Ok(number)) if head.as_str().len() == TIMESTAMP_DIGITS => {
                numbered(timestamp(now.as_secs()).max(number + 1).to_string())
            }
            (true, Ok(number)) => numbered(format!("{:0width$}", number + 1, width = head.as_str().len())),
            _ => {
                let id = format!("{:012x}", now.as_nanos() & 0xffff_ffff_ffff);
                Self { id, after: Some(head.clone()) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_id_keeps_the_style_of_the_head() {
        let next = |head: &str| Next::after(Some(&Id::new(head)));
        assert_eq!(Next::after(None).id, "0001");
        assert_eq!(next("0099").id, "0100");
        assert!(next("20240101000000").id.as_str() > "20260101000000");
        let hash = next("28e1ce4c3187");
        assert_eq!((hash.id.len(), hash.after), (12, Some(Id::new("28e1ce4c3187"))));
    }
}
