//! The output of a command on stdout: collected and written at the end, so a write error is noticed.

use std::fmt::{Arguments, Write as _};
use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::signals;
use crate::failure::{Code, Coded, Failure, text};

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    #[error("the output cannot be written")]
    Stdout(#[source] io::Error),
    #[error("the output cannot be made")]
    Json(#[from] serde_json::Error),
}

impl Coded for OutputError {
    fn code(&self) -> Code {
        match self {
            Self::Stdout(_) => Code::OUTPUT,
            Self::Json(_) => Code::BUG,
        }
    }
}

/// A failure as a JSON document.
#[derive(Debug, Serialize)]
pub struct ErrorDocument {
    code: String,
    class: &'static str,
    exit: u8,
    message: String,
    details: Vec<String>,
    causes: Vec<String>,
    next: String,
}

impl ErrorDocument {
    pub fn of(failure: &Failure) -> Self {
        Self {
            code: failure.code.to_string(),
            class: failure.class().word(),
            exit: failure.exit().code(),
            message: failure.message.clone(),
            details: [failure.details.as_slice(), &failure.guarded.private].concat(),
            causes: failure.causes.clone(),
            next: failure.next.clone(),
        }
    }
}

/// True after a document was printed on stdout.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// Prints the failure if the command has printed no document. The exit code and stderr report the same, so a write error loses
/// nothing.
pub fn print_failure(failure: &Failure) {
    if PRINTED.load(Ordering::Relaxed) {
        return;
    }
    #[derive(Serialize)]
    struct Failed {
        error: ErrorDocument,
    }
    let mut output = Output::default();
    if output.json(&Failed { error: ErrorDocument::of(failure) }).is_ok() {
        let _ = output.end();
    }
}

#[derive(Debug, Default)]
pub struct Output(String);

impl Output {
    /// Appends a machine-readable text unchanged.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Appends a line. A blank line may precede it; a line break in a foreign name never begins at the margin.
    pub fn line(&mut self, words: Arguments<'_>) {
        let words = words.to_string();
        let (blank, words) = words.split_at(words.len() - words.trim_start_matches('\n').len());
        // Writing to a String never fails.
        let _ = writeln!(self.0, "{blank}{}", text::lines(words).replace('\n', "\n    "));
    }

    /// # Errors
    /// A bug: the documents of commands always serialize.
    pub fn json(&mut self, document: &impl Serialize) -> Result<(), OutputError> {
        self.0.push_str(&text::json(&serde_json::to_string_pretty(document)?));
        self.0.push('\n');
        Ok(())
    }

    /// Writes everything, and leaves the line open for an answer.
    ///
    /// # Errors
    /// As [`written`].
    pub fn prompt(mut self, question: &str) -> Result<(), OutputError> {
        self.0.push_str(&text::line(question));
        self.write()
    }

    /// Writes it all.
    ///
    /// # Errors
    /// As [`written`].
    pub fn end(self) -> Result<(), OutputError> {
        // Nothing is left to be undone, and a stalled reader must not keep this process alive.
        signals::end_at_once();
        self.write()
    }

    fn write(self) -> Result<(), OutputError> {
        PRINTED.store(true, Ordering::Relaxed);
        written(io::stdout().lock().write_all(self.0.as_bytes()))
    }
}

/// Flushes stdout after a write. A reader that closed the pipe has read enough (`lockgate plan | head`): that is not a failure.
///
/// # Errors
/// The output did not arrive; a full disk is the usual cause.
pub fn written(result: io::Result<()>) -> Result<(), OutputError> {
    match result.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(OutputError::Stdout(error)),
        _ => Ok(()),
    }
}
