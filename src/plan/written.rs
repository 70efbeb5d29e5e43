//! The places of a script in its file, where its tool puts values in.

use std::borrow::Cow;

use super::Named;
use crate::sql::place::{self, Place};
use crate::statement::{self, Script, ScriptError, Statement};

/// A shorter value occurs in too many words.
const SHORTEST: usize = 4;

impl<'a> Named<'a> {
    /// The text of the file, with the statement and a byte of it as they are there.
    pub fn in_file<'s>(
        &self,
        statement: &'s Statement,
        within: Option<usize>,
    ) -> (&'a str, Cow<'s, Statement>, Option<usize>) {
        let Some(written) = self.written else { return (self.text, Cow::Borrowed(statement), within) };
        let range = written.range(&statement.range);
        let within = within.map(|within| written.start(statement.range.start + within).saturating_sub(range.start));
        let mut moved = statement.clone();
        moved.range = range;
        (written.text(), Cow::Owned(moved), within)
    }

    /// A line and a column of the text that runs, in the file.
    pub(super) fn place(&self, line: usize, column: usize) -> Place {
        match self.written {
            Some(written) => {
                place::locate(written.text(), written.start(place::offset(self.text, Place { line, column })))
            }
            None => Place { line, column },
        }
    }

    /// A message about the text that runs, without the values that are never shown.
    fn without_values(&self, said: &str) -> String {
        let Some(written) = self.written else { return said.to_owned() };
        let hidden = written.holes(0..self.text.len()).filter(|hole| hole.is_hidden);
        let mut values: Vec<_> =
            hidden.map(|hole| (&self.text[hole.filled.clone()], &written.text()[hole.written.clone()])).collect();
        values.retain(|(value, _)| value.chars().count() >= SHORTEST);
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        values.into_iter().fold(said.to_owned(), |said, (value, placeholder)| said.replace(value, placeholder))
    }
}

/// Moves the statements of a script that was read to their file.
pub(super) fn settle(script: &mut Script, named: Named<'_>) {
    if let Some(written) = named.written {
        statement::as_written(&mut script.statements, named.text, written);
    }
}

/// The same for an error.
pub(super) fn settled(error: &ScriptError, named: Named<'_>) -> ScriptError {
    let Place { line, column } = named.place(error.line, error.column);
    let text = |text: &String| named.without_values(text);
    ScriptError { line, column, message: text(&error.message), hint: text(&error.hint) }
}
