//! An execution that ended early, and the state in which it left the database.

use std::error::Error;
use std::fmt;

use super::ExecuteError;
use crate::failure::{Code, Coded, Evidence, counted};

/// The error that ended an execution, and the resulting state.
#[derive(Debug)]
pub struct Halt {
    pub error: ExecuteError,
    /// The state, if it is known.
    pub(super) stands: Option<Stands>,
    /// The object of the last statement's wait, as last observed.
    pub(super) waited_for: Option<String>,
}

/// The state of the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stands {
    /// The newest applied revision; none means base.
    current: Option<String>,
    half: Half,
    /// The revisions of this run that were not begun.
    not_begun: Vec<String>,
    /// Committed on this server alone: the wait for a synchronous standby was cancelled.
    unconfirmed: Vec<String>,
}

/// The remains of the revision in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Half {
    /// There was none, or the error itself describes the remains.
    #[default]
    Untold,
    Nothing(String),
    /// This many of its statements are committed and recorded.
    Committed {
        revision: String,
        statements: usize,
        of: usize,
    },
}

impl Stands {
    /// The state before anything was begun.
    pub fn before(current: Option<String>, not_begun: Vec<String>) -> Self {
        Self { current, not_begun, ..Self::default() }
    }

    pub(super) fn within(self, half: Half, unconfirmed: Vec<String>) -> Self {
        Self { half, unconfirmed, ..self }
    }
}

/// In one line: `the database stands at 0003; nothing of 0004 is left; 0005 and 2 more revisions were not begun`.
impl fmt::Display for Stands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.current {
            Some(current) => write!(f, "the database stands at {current}")?,
            None => write!(f, "the database stands at base: no revision is applied")?,
        }
        match &self.half {
            Half::Untold => {}
            Half::Nothing(revision) => write!(f, "; nothing of {revision} is left")?,
            Half::Committed { revision, statements, of } => write!(
                f,
                "; {revision} is half done: {statements} of {} {} committed, and the next run goes on from there",
                counted(*of, "statement"),
                if *statements == 1 { "is" } else { "are" }
            )?,
        }
        match self.not_begun.as_slice() {
            [] => {}
            [one] => write!(f, "; {one} was not begun")?,
            [first, rest @ ..] => {
                write!(f, "; {first} and {} were not begun", counted(rest.len(), "more revision"))?;
            }
        }
        if !self.unconfirmed.is_empty() {
            write!(
                f,
                "; {} committed on this server, and confirmed by no synchronous standby",
                are(&self.unconfirmed)
            )?;
        }
        Ok(())
    }
}

fn are(ids: &[String]) -> String {
    format!("{} {}", ids.join(", "), if ids.len() == 1 { "is" } else { "are" })
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for Halt {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl Coded for Halt {
    fn code(&self) -> Code {
        self.error.code()
    }

    fn public(&self) -> Option<String> {
        self.error.public()
    }

    fn details(&self) -> Vec<String> {
        let waited = self.waited_for.iter().map(|what| format!("when last seen it waited for {what}"));
        let stands = self.stands.iter().map(ToString::to_string);
        self.error.details().into_iter().chain(waited).chain(stands).collect()
    }

    fn private(&self) -> Vec<String> {
        self.error.private()
    }

    fn evidence(&self) -> Option<Evidence> {
        self.error.evidence()
    }

    fn next(&self) -> Option<String> {
        self.error.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_database_stands_is_one_line() {
        let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let stands = |current: Option<&str>, half, not_begun: &[&str], unconfirmed: &[&str]| {
            let before = Stands::before(current.map(str::to_owned), ids(not_begun));
            before.within(half, ids(unconfirmed)).to_string()
        };
        assert_eq!(
            stands(Some("3"), Half::Nothing("4".to_owned()), &["5", "6", "7"], &[]),
            "the database stands at 3; nothing of 4 is left; 5 and 2 more revisions were not begun"
        );
        let half = Half::Committed { revision: "1".to_owned(), statements: 2, of: 3 };
        assert_eq!(
            stands(None, half, &["2"], &[]),
            "the database stands at base: no revision is applied; 1 is half done: 2 of 3 statements are committed, and the \
             next run goes on from there; 2 was not begun"
        );
        assert_eq!(
            stands(Some("1"), Half::Untold, &[], &["1"]),
            "the database stands at 1; 1 is committed on this server, and confirmed by no synchronous standby"
        );
    }
}
