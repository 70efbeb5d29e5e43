//! A place of a script that a gate cannot run, before its line was looked up.

/// A `statement::ScriptError` before its place was looked up.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// In bytes of the file's text.
    pub offset: usize,
    pub message: String,
    pub hint: String,
}

impl Problem {
    pub(crate) fn new(offset: usize, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { offset, message: message.into(), hint: hint.into() }
    }
}
