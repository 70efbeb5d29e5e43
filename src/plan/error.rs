//! Reasons why pending scripts cannot run, all of them at once; nothing was run.

use super::Found;
use crate::catalog::CatalogError;
use crate::failure::{Code, Coded, counted, is_are};

#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{} refused: {}", scripts(.files), counted(.lines.len(), "problem"))]
    Refused { files: usize, lines: Vec<String> },
    /// Conflicts, possibly with missing objects.
    #[error("{}", refused_words(*.conflicts, *.missing))]
    Unfit { conflicts: usize, missing: usize, lines: Vec<String> },
    /// Only rights are missing.
    #[error("{} that pending statements need {} missing", counted(*.rights, "right"), is_are(*.rights))]
    Rights { rights: usize, grants: Vec<String>, lines: Vec<String> },
    #[error("the history {} is empty, but the database {}", .0.history, .0.holds())]
    FirstContact(Box<Found>),
    #[error("{} existing data, and {} accept it", loses(*.statements), does_not(*.statements))]
    Destructive { statements: usize, first_contact: bool, lines: Vec<String> },
    #[error("Alembic itself has to run {}, and nothing here starts it", counted(.revisions.len(), "pending revision"))]
    NoRunner { revisions: Vec<String> },
    #[error("rows refuse {}", counted(*.statements, "pending statement"))]
    Rows { statements: usize },
    #[error(transparent)]
    Catalog(#[from] CatalogError),
}

fn scripts(files: &usize) -> String {
    if *files == 1 { "a script is".to_owned() } else { format!("{files} scripts are") }
}

fn refused_words(conflicts: usize, missing: usize) -> String {
    match (conflicts, missing) {
        (0, missing) => {
            format!("{} that pending statements need {} missing", counted(missing, "object"), is_are(missing))
        }
        (conflicts, 0) => format!("the database is not what the chain expects: {}", counted(conflicts, "conflict")),
        (conflicts, missing) => format!(
            "the database is not what the chain expects: {}, and {} missing",
            counted(conflicts, "conflict"),
            counted(missing, "object")
        ),
    }
}

fn loses(count: usize) -> String {
    if count == 1 { "1 statement loses".to_owned() } else { format!("{count} statements lose") }
}

fn does_not(count: usize) -> &'static str {
    if count == 1 { "does not" } else { "do not" }
}

impl Coded for PlanError {
    fn code(&self) -> Code {
        match self {
            Self::Refused { .. } => Code::SCRIPT_REFUSED,
            Self::Unfit { conflicts: 0, .. } => Code::MISSING,
            Self::Unfit { .. } => Code::CONFLICT,
            Self::Rights { .. } => Code::PRIVILEGE,
            Self::FirstContact(_) => Code::FIRST_CONTACT,
            Self::Destructive { .. } => Code::DESTRUCTIVE,
            Self::Rows { .. } => Code::ROWS,
            Self::NoRunner { .. } => Code::NO_RUNNER,
            Self::Catalog(error) => error.code(),
        }
    }

    fn next(&self) -> Option<String> {
        match self {
            Self::Rights { grants, .. } => Some(grants.join("\n")),
            Self::FirstContact(found) => Some(found.next()),
            // No setting allows a loss at a first contact.
            Self::Destructive { first_contact: true, .. } => {
                Some("put `-- lockgate:accept destructive` above each statement whose loss is meant".to_owned())
            }
            Self::Catalog(error) => error.next(),
            Self::NoRunner { .. } => Some(
                "set LOCKGATE_RUNNER, as in `alembic upgrade {target}`, and LOCKGATE_COEXIST=alembic, or use the image that has Python; \
                 `lockgate import alembic` compiles what can be"
                    .to_owned(),
            ),
            Self::Destructive { .. } | Self::Refused { .. } | Self::Unfit { .. } | Self::Rows { .. } => None,
        }
    }

    fn public(&self) -> Option<String> {
        match self {
            Self::Catalog(error) => error.public(),
            Self::Refused { .. }
            | Self::Unfit { .. }
            | Self::Rights { .. }
            | Self::Destructive { .. }
            | Self::Rows { .. }
            | Self::NoRunner { .. }
            | Self::FirstContact(_) => None,
        }
    }

    fn details(&self) -> Vec<String> {
        match self {
            Self::Refused { lines, .. }
            | Self::Unfit { lines, .. }
            | Self::Rights { lines, .. }
            | Self::Destructive { lines, .. } => lines.clone(),
            Self::FirstContact(found) => found.lines(),
            Self::NoRunner { revisions } => vec![revisions.join(" ")],
            Self::Rows { .. } | Self::Catalog(_) => Vec::new(),
        }
    }
}
