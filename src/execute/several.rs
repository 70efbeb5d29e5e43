//! Statements that are sent in one message: finds the one that the server refused.

use std::borrow::Cow;

use crate::chain::text::Changed;
use crate::connect::ServerError;
use crate::plan::Named;
use crate::sql::place;
use crate::statement::{Abridged, Statement};

/// A refused statement, as if it had been sent alone.
pub(super) struct Refused {
    /// The step that was sent for it and others.
    pub step: usize,
    pub statement: Statement,
    /// The text around it, if that is not in memory otherwise.
    restored: Option<String>,
}

impl Refused {
    /// Its SQL; `text` is its script's.
    pub fn sql<'a>(&'a self, text: &'a str) -> &'a str {
        &self.restored.as_deref().unwrap_or(text)[self.statement.range.clone()]
    }

    /// Its script, with the text around it.
    pub fn script<'a>(&'a self, script: Named<'a>) -> Named<'a> {
        Named { text: self.restored.as_deref().unwrap_or(script.text), ..script }
    }
}

/// The refused statement of a step, and its error; none for a single statement.
///
/// # Errors
/// The file of the script has changed there.
pub(super) fn refused(
    script: Named<'_>,
    (step, several): (usize, &Statement),
    error: ServerError,
) -> Result<(Option<Refused>, ServerError), Changed> {
    if several.count == 1 {
        return Ok((None, error));
    }
    let (several, text) = Abridged::whole(script.abridged, (several, script.text))?;
    let (parts, start) = (several.parts(&text), several.range.start);
    // The server parses a whole message before it runs any of it.
    let at = error.position.map(|at| start + place::char_offset_to_byte(&text[several.range.clone()], at as usize));
    let by_place = at.and_then(|at| parts.iter().rposition(|part| part.start <= at));
    let Some(part) = parts.get(by_place.unwrap_or(error.after)) else { return Ok((None, error)) };
    let before = text[start..part.start].chars().count();
    let statement = several.part(&text, part.clone());
    let restored = match text {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    };
    let refused = Refused { step, statement, restored };
    Ok((Some(refused), error.moved(u32::try_from(before).unwrap_or(0))))
}
