//! The common form of every failure: a stable code, a sentence, its causes, and the next step.
//!
//! Each module has a typed error of its own, which knows its code ([`Coded`]); it is converted to a [`Failure`] at the edge,
//! where it is printed once.

mod codes;
pub mod text;
mod words;

pub use codes::{Class, Code, Entry, Exit, TABLE};
pub use text::is_hidden;
pub use words::{counted, is_are};

use std::error::Error;
use std::fmt;

/// A typed error that knows its code. `Display` is one sentence without its cause; the cause is `source()`.
pub trait Coded: Error {
    fn code(&self) -> Code;

    /// The sentence with its cause if `Display` and the cause may contain data from tables: for HTTP and the termination message.
    fn public(&self) -> Option<String> {
        None
    }

    /// Facts below the sentence, one line each: a list of problems, the statement.
    fn details(&self) -> Vec<String> {
        Vec::new()
    }

    /// More facts, only for the terminal and the log, because they may contain data from tables: the server's DETAIL.
    fn private(&self) -> Vec<String> {
        Vec::new()
    }

    /// The place in a script, and the explanation by rows.
    fn evidence(&self) -> Option<Evidence> {
        None
    }

    /// The next step, if it is more specific than the code's own advice.
    fn next(&self) -> Option<String> {
        None
    }
}

/// The place in a script at which a statement failed, and the explanation by rows. It may contain data from tables, so it is only
/// for the terminal and the log: never for HTTP or the termination message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub file: String,
    /// From 1; the column counts characters.
    pub place: Option<(usize, usize)>,
    pub sqlstate: String,
    /// The line of the script, with a mark below the position.
    pub excerpt: Option<String>,
    /// The number of blocking rows, if it was counted.
    pub rows: Option<u64>,
    /// The blocking rows, a sentence each.
    pub found: Vec<String>,
    /// The SQL that would help, a statement each.
    pub help: Vec<String>,
}

/// The parts that may contain data from tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guarded {
    /// The replacement for the message and its causes in HTTP and the termination message, if those may contain such data.
    pub public: Option<String>,
    /// More details, only for the terminal and the log.
    pub private: Vec<String>,
}

/// The failure that the edge prints, logs and converts to an exit code. It contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: Code,
    pub message: String,
    pub details: Vec<String>,
    pub guarded: Box<Guarded>,
    pub causes: Vec<String>,
    pub next: String,
    pub evidence: Option<Box<Evidence>>,
}

impl Failure {
    /// A failure without a typed error (a bug of ours, a signal).
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
            guarded: Box::default(),
            causes: Vec::new(),
            next: code.entry().next.to_owned(),
            evidence: None,
        }
    }

    pub fn exit(&self) -> Exit {
        self.code.entry().exit
    }

    pub fn class(&self) -> Class {
        self.code.entry().class
    }

    /// The message for HTTP and the termination message.
    pub fn public(&self) -> &str {
        self.guarded.public.as_deref().unwrap_or(&self.message)
    }

    /// The same with its causes, in one line.
    pub fn told(&self) -> String {
        let causes = self.causes.iter().filter(|_| self.guarded.public.is_none());
        [self.public()].into_iter().chain(causes.map(String::as_str)).collect::<Vec<_>>().join(": ")
    }

    /// The whole failure as plain text for a terminal. No line but the first begins at the margin.
    pub fn render(&self) -> String {
        let mut page = format!("error[{}]: {}", self.code, text::line(&self.message));
        let mut add = |line: &str| {
            page.push_str("\n  ");
            page.push_str(&text::lines(line).replace('\n', "\n  "));
        };
        let evidence = self.evidence.as_deref();
        evidence.and_then(|evidence| evidence.excerpt.as_deref()).into_iter().for_each(&mut add);
        evidence.iter().flat_map(|evidence| &evidence.found).for_each(|line| add(line));
        self.details.iter().chain(&self.guarded.private).for_each(|line| add(line));
        evidence.iter().flat_map(|evidence| &evidence.help).for_each(|sql| add(&format!("help: {sql}")));
        for cause in &self.causes {
            page.push_str("\n  cause: ");
            page.push_str(&text::lines(cause).replace('\n', "\n         "));
        }
        if !self.next.is_empty() {
            page.push_str("\n  next: ");
            page.push_str(&text::lines(&self.next).replace('\n', "\n        "));
        }
        page
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.code, self.message)
    }
}

impl<E: Coded> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::of(&error)
    }
}

impl Failure {
    /// The failure of an error, which remains available.
    pub fn of(error: &impl Coded) -> Self {
        let code = error.code();
        Self {
            code,
            message: error.to_string(),
            details: error.details(),
            guarded: Box::new(Guarded { public: error.public(), private: error.private() }),
            causes: causes(error),
            next: error.next().unwrap_or_else(|| code.entry().next.to_owned()),
            evidence: error.evidence().map(Box::new),
        }
    }
}

/// The chain of causes without repetitions: a cause is omitted if the text before it already ends with it.
fn causes(error: &dyn Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut above = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !above.ends_with(&text) {
            causes.push(text.clone());
        }
        above = text;
        source = cause.source();
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read it")]
    struct Broken(#[source] std::io::Error);
    impl Coded for Broken {
        fn code(&self) -> Code {
            Code::CHAIN_UNREADABLE
        }
    }

    #[test]
    fn a_typed_error_becomes_a_failure_with_its_cause_and_the_codes_advice() {
        let failure = Failure::from(Broken(std::io::Error::other("disk gone")));
        assert_eq!(failure.causes, ["disk gone"]);
        assert_eq!(failure.next, Code::CHAIN_UNREADABLE.entry().next);
        assert!(failure.render().starts_with("error[LG0201]: cannot read it\n  cause: disk gone\n  next: "));
    }
}
