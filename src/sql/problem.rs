//! A position of a script that a gate cannot run, before its line was determined.

/// A `statement::ScriptError` before its line was determined.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// Bytes of the file's text.
    pub offset: usize,
    pub message: String,
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(offset: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: hint.into() }
    }
}
