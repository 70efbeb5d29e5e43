//! A list of revisions, one per line: the id in the tool's history, optionally followed by `non-atomic`. The lines of Django's
//! `showmigrations --plan` are read too; they do not tell how a migration runs.

use super::problem::Problem;
use crate::alembic::Revision;
use crate::config::Program;

/// The word for a revision that may commit before its end.
const NON_ATOMIC: &str = "non-atomic";

/// Reads the lines of a list; empty lines and lines that begin with `#` are ignored.
pub fn read(text: &str, program: Program, problems: &mut Vec<Problem>) -> Vec<Revision> {
    let mut revisions = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match revision(line, program) {
            Some(revision) => revisions.push(Revision { line: at + 1, ..revision }),
            None => problems.push(Problem::Line { line: at + 1, text: line.chars().take(80).collect() }),
        }
    }
    revisions
}

fn revision(line: &str, program: Program) -> Option<Revision> {
    let shown = line.strip_prefix("[X]").or_else(|| line.strip_prefix("[ ]")).map(str::trim);
    let (id, rest) = shown.unwrap_or(line).split_once(char::is_whitespace).unwrap_or((shown.unwrap_or(line), ""));
    // Text after an id, such as its parents in brackets, is ignored.
    let may_commit = match rest.trim() {
        _ if shown.is_some() => true,
        "" => false,
        NON_ATOMIC => true,
        _ => return None,
    };
    let is_one = match program {
        Program::Django => id.split_once('.').is_some_and(|(app, name)| !app.is_empty() && !name.is_empty()),
        Program::Rails | Program::Ecto => id.bytes().all(|byte| byte.is_ascii_digit()),
        Program::Knex | Program::Sequelize | Program::Listed => true,
    };
    is_one.then(|| Revision { id: id.to_owned(), may_commit, ..Revision::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str, program: Program) -> (Vec<(String, usize, bool)>, Vec<usize>) {
        let mut problems = Vec::new();
        let read = read(text, program, &mut problems);
        let wrong = problems.iter().map(|problem| if let Problem::Line { line, .. } = problem { *line } else { 0 });
        (read.into_iter().map(|one| (one.id, one.line, one.may_commit)).collect(), wrong.collect())
    }

    #[test]
    fn a_line_is_a_revision_and_says_whether_it_may_commit() {
        let text = "\u{feff}# made in the image\nauth.0001_initial\r\n\nshop.0002_x non-atomic\n";
        let wanted = [("auth.0001_initial".to_owned(), 2, false), ("shop.0002_x".to_owned(), 4, true)];
        assert_eq!(ids(text, Program::Django), (wanted.to_vec(), vec![]));
        let plan = "[X]  auth.0001_initial\n[ ]  shop.0002_x ... (auth.0001_initial)\n";
        let wanted = [("auth.0001_initial".to_owned(), 1, true), ("shop.0002_x".to_owned(), 2, true)];
        assert_eq!(ids(plan, Program::Django), (wanted.to_vec(), vec![]));
    }

    #[test]
    fn a_line_that_is_no_id_of_the_tool_is_named() {
        assert_eq!(ids("auth\n [X] 0001_initial\na.b c\n", Program::Django).1, [1, 2, 3]);
        assert_eq!(ids("20240101000000\n20240101000000_x\n", Program::Rails).1, [2]);
    }
}
