//! What keeps pending scripts from being run. All of it, at once; nothing was run.

use crate::catalog::CatalogError;
use crate::failure::{Code, Coded};

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{} refused: {}", scripts(.files), counted(.lines.len(), "problem"))]
    Refused { files: usize, lines: Vec<String> },
    /// Conflicts, and perhaps missing objects too.
    #[error("{}", refused_words(*.conflicts, *.missing))]
    Unfit { conflicts: usize, missing: usize, lines: Vec<String> },
    /// Nothing but rights is missing.
    #[error("{} that pending statements need {} missing", counted(*.rights, "right"), is(*.rights))]
    Rights { rights: usize, lines: Vec<String> },
    #[error("{} existing data, and {} accept it", loses(*.statements), does_not(*.statements))]
    Destructive { statements: usize, first_contact: bool, lines: Vec<String> },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("one {what}") } else { format!("{count} {what}s") }
}

fn scripts(files: &usize) -> String {
    if *files == 1 { "a script is".to_owned() } else { format!("{files} scripts are") }
}

fn refused_words(conflicts: usize, missing: usize) -> String {
    match (conflicts, missing) {
        (0, missing) => format!("{} that pending statements need {} missing", counted(missing, "object"), is(missing)),
        (conflicts, 0) => format!("the database is not what the chain expects: {}", counted(conflicts, "conflict")),
        (conflicts, missing) => format!(
            "the database is not what the chain expects: {}, and {} missing",
            counted(conflicts, "conflict"),
            counted(missing, "object")
        ),
    }
}

fn loses(count: usize) -> String {
    if count == 1 { "one statement loses".to_owned() } else { format!("{count} statements lose") }
}

fn does_not(count: usize) -> &'static str {
    if count == 1 { "does not" } else { "do not" }
}

fn is(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

impl Coded for PlanError {
    fn code(&self) -> Code {
        match self {
            Self::Refused { .. } => Code::SCRIPT_REFUSED,
            Self::Unfit { conflicts: 0, .. } => Code::MISSING,
            Self::Unfit { .. } => Code::CONFLICT,
            Self::Rights { .. } => Code::PRIVILEGE,
            Self::Destructive { .. } => Code::DESTRUCTIVE,
            Self::Catalog(error) => error.code(),
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { lines, .. }
            | Self::Unfit { lines, .. }
            | Self::Rights { lines, .. }
            | Self::Destructive { lines, .. } => lines.clone(),
            Self::Catalog(_) => Vec::new(),
        }
    }

    fn next(&self) -> Option<String> {
        // No setting allows a loss there.
        let is_first = matches!(self, Self::Destructive { first_contact: true, .. });
        is_first.then(|| "put `-- lockgate:accept destructive` above each statement whose loss is meant".to_owned())
    }
}
