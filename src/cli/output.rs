//! What a command prints on stdout: gathered, and written at its end, so that no line of it is lost unseen.

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

/// A failure in a document for a machine.
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

/// Whether a document was printed: stdout holds one.
static PRINTED: AtomicBool = AtomicBool::new(false);

/// The document of a command that has printed none. The exit code and stderr say the same, so where it cannot be written nothing
/// is lost.
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
    /// A text for a machine, as it is.
    pub fn text(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// A blank line may stand before it; what names of others break off never begins at the margin.
    pub fn line(&mut self, words: Arguments<'_>) {
        let words = words.to_string();
        let (blank, words) = words.split_at(words.len() - words.trim_start_matches('\n').len());
        // A String takes everything.
        let _ = writeln!(self.0, "{blank}{}", text::lines(words).replace('\n', "\n    "));
    }

    /// # Errors
    /// A bug of ours: what commands print is always JSON.
    pub fn json(&mut self, document: &impl Serialize) -> Result<(), OutputError> {
        self.0.push_str(&text::json(&serde_json::to_string_pretty(document)?));
        self.0.push('\n');
        Ok(())
    }

    /// Writes it all, and leaves the line open for an answer.
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
        // Nothing is left to be undone, and a reader that does not read must not keep this process.
        signals::end_at_once();
        self.write()
    }

    fn write(self) -> Result<(), OutputError> {
        PRINTED.store(true, Ordering::Relaxed);
        written(io::stdout().lock().write_all(self.0.as_bytes()))
    }
}

/// How writing to stdout ended, to its last byte. Whoever reads it may have read enough (`lockgate plan | head`): that is no
/// failure.
///
/// # Errors
/// What was said did not arrive: a full disk, most often.
pub fn written(result: io::Result<()>) -> Result<(), OutputError> {
    match result.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(OutputError::Stdout(error)),
        _ => Ok(()),
    }
}
