//! The directives of a script: comments of the form `-- lockgate:NAME ARGUMENTS`.

mod arguments;
mod read;
mod table;

pub use arguments::MARK;
pub use read::read;
pub use table::{DIRECTIVES, Directive};

use super::compiled::{Class, Expectation, Source};

/// The directives of one script.
///
/// A directive is a line comment whose text begins, after blanks, with `lockgate:`.
///
/// - `id`, `after`, `requires`, `from` and `trace` speak for the file, wherever they stand.
/// - Every other directive stands on a line of its own and speaks for the statement that follows it.
/// - `run-as-is` and `ensure` above the first statement speak for the whole file when a blank line stands between them and
///   that statement, and for that statement alone when none does.
/// - The SQL of `check` and `unless` goes on in the comment lines directly below that begin with `--` and two or more
///   blanks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    pub file: FileDirectives,
    /// In the order of the text.
    pub statements: Vec<PlacedDirective>,
}

/// The directives for the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileDirectives {
    /// The revision's id, if the file's name cannot express it.
    pub id: Option<String>,
    /// The ids of the parent revisions; `None` without an `after`.
    pub after: Option<Vec<String>>,
    pub requires: Vec<Requirement>,
    pub run_as_is: bool,
    pub ensure: bool,
    /// The file that it was compiled from.
    pub from: Option<Source>,
    /// The facts that its program read from the database when it was compiled.
    pub trace: Option<Class>,
}

/// A declared prerequisite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The relation as the script writes it: with or without its schema, its parts quoted or not.
    pub name: String,
    /// The columns as the server names them (folded, without quotes); empty if only the relation is required.
    pub columns: Vec<String>,
}

/// A directive with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedDirective {
    pub directive: StatementDirective,
    /// The first byte of its comment.
    pub offset: usize,
    /// From 1.
    pub line: usize,
}

/// A directive for the statement that follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementDirective {
    Optional,
    Check {
        name: String,
        sql: String,
    },
    Unless {
        sql: String,
    },
    RunAsIs,
    /// The statement's object must exist with this definition. `state`: a line of a snapshot; the statement runs if the object
    /// differs from it.
    Ensure {
        state: Option<String>,
    },
    /// It must not run in a transaction, although its text does not show that.
    NoTransaction,
    AcceptDestructive,
    /// The statement must give this answer, otherwise its revision is rolled back.
    Expect(Expectation),
}

/// A directive that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DirectiveError {
    /// From 1.
    pub line: usize,
    pub message: String,
}

#[cfg(test)]
mod tests;
