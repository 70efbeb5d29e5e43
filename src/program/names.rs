//! Revisions by the names of their files, for tools that record a part of the name.

use std::path::Path;

use super::problem::{Problem, ProgramError};
use crate::alembic::Revision;
use crate::config::Program;
use crate::files::Directory;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 16 << 20;

/// The files that a tool reads, and the ids that it records.
pub struct Rule {
    program: Program,
    endings: &'static [&'static str],
    /// True if the tool also reads subfolders.
    is_recursive: bool,
    /// Words of a file that runs partly or fully outside a transaction; empty if every file does.
    may_commit: &'static [&'static str],
}

/// None if the names do not determine the revisions: the apps of a Django project may be anywhere, and its settings name the
/// active ones.
pub fn rule(program: Program) -> Option<Rule> {
    let (endings, is_recursive, may_commit): (&[&str], _, &[&str]) = match program {
        Program::Django | Program::Listed => return None,
        Program::Rails => (&["rb"], true, &["disable_ddl_transaction!", "concurrently"]),
        Program::Ecto => (&["exs"], true, &["@disable_ddl_transaction", "concurrently"]),
        Program::Knex => (
            &["js", "cjs", "ts", "co", "coffee", "eg", "iced", "litcoffee", "ls"],
            false,
            &["transaction", "CONCURRENTLY", "concurrently"],
        ),
        // Its files run without a transaction, unless they open one themselves.
        Program::Sequelize => (&["js", "cjs", "ts", "cts"], false, &[]),
    };
    Some(Rule { program, endings, is_recursive, may_commit })
}

impl Rule {
    /// The id in a file's name; none if the tool ignores the file. The error describes a file at which the tool stops.
    fn id(&self, name: &str) -> Result<Option<String>, &'static str> {
        let Some((stem, ending)) = name.rsplit_once('.') else { return Ok(None) };
        if !self.endings.contains(&ending) || name.ends_with(".d.ts") && self.program == Program::Sequelize {
            return Ok(None);
        }
        let digits = stem.len() - stem.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = stem.split_at(digits);
        match self.program {
            Program::Knex | Program::Sequelize => Ok(Some(name.to_owned())),
            // Both tools record the number itself.
            Program::Ecto if digits > 0 && rest.starts_with('_') => Ok(Some(plain(number))),
            Program::Rails if digits > 0 => {
                let is_word = |c: char| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit();
                let words = rest.strip_prefix('_').map(|words| words.split_once('.').unwrap_or((words, "")));
                match words {
                    Some((title, scope)) if title.chars().chain(scope.chars()).all(is_word) => Ok(Some(plain(number))),
                    _ => Err("Rails stops at a name that is not digits, `_`, and small letters, digits and `_`"),
                }
            }
            Program::Ecto | Program::Rails | Program::Django | Program::Listed => Ok(None),
        }
    }
}

/// A number in its recorded form: without leading zeros.
fn plain(digits: &str) -> String {
    let plain = digits.trim_start_matches('0');
    if plain.is_empty() { "0" } else { plain }.to_owned()
}

/// Reads the names in a directory, and for each file if it may commit before its end.
///
/// # Errors
/// The directory cannot be listed.
pub fn read(directory: &Path, rule: &Rule, problems: &mut Vec<Problem>) -> Result<Vec<Revision>, ProgramError> {
    let unreadable = |source| ProgramError::Directory { path: directory.to_owned(), program: rule.program, source };
    let (mut revisions, mut folders) = (Vec::new(), vec![directory.to_owned()]);
    while let Some(folder) = folders.pop() {
        let opened = Directory::open(&folder).map_err(unreadable)?;
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.extend(rule.is_recursive.then_some(path));
                continue;
            }
            let file = path.strip_prefix(directory).unwrap_or(&path).to_string_lossy().into_owned();
            match rule.id(&name) {
                Ok(None) => {}
                Ok(Some(id)) => revisions.push(Revision {
                    id,
                    may_commit: may_commit(&opened, &name, rule),
                    file,
                    path,
                    line: 1,
                    ..Revision::default()
                }),
                Err(why) => problems.push(Problem::Name { file, why }),
            }
        }
    }
    revisions.sort_by_cached_key(|one| match rule.program {
        Program::Rails | Program::Ecto => (one.id.len(), one.id.clone()),
        Program::Knex | Program::Sequelize | Program::Django | Program::Listed => (0, one.id.clone()),
    });
    Ok(revisions)
}

/// A file that cannot be read may contain anything.
fn may_commit(directory: &Directory, name: &str, rule: &Rule) -> bool {
    let Ok(content) = directory.read(name, LARGEST) else { return true };
    let text = String::from_utf8_lossy(&content);
    rule.may_commit.is_empty() || rule.may_commit.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(program: Program, names: &[&str]) -> (Vec<String>, usize) {
        let directory = tempfile::tempdir().unwrap();
        for name in names {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut problems = Vec::new();
        let read = read(directory.path(), &rule(program).unwrap(), &mut problems).unwrap();
        (read.into_iter().map(|one| one.id).collect(), problems.len())
    }

    #[test]
    fn a_tool_records_the_number_or_the_whole_name() {
        let rails = ["20240201000000_b.rb", "001_a.rb", "more/20240301000000_c.engine.rb", "schema.rb", "README.md"];
        assert_eq!(
            ids(Program::Rails, &rails),
            (vec!["1".into(), "20240201000000".into(), "20240301000000".into()], 0)
        );
        assert_eq!(ids(Program::Rails, &["20240201000000_B.rb"]).1, 1);
        let ecto = ["20240201000000_b.exs", ".formatter.exs", "x.ex", "deep/20240101000000_a.exs"];
        assert_eq!(ids(Program::Ecto, &ecto), (vec!["20240101000000".into(), "20240201000000".into()], 0));
        let knex = ["2_b.js", "1_a.ts", "notes.md", "folder/3_c.js"];
        assert_eq!(ids(Program::Knex, &knex), (vec!["1_a.ts".into(), "2_b.js".into()], 0));
        let sequelize = ["2-b.js", "1-a.cjs", "1-a.d.ts"];
        assert_eq!(ids(Program::Sequelize, &sequelize), (vec!["1-a.cjs".into(), "2-b.js".into()], 0));
    }
}
